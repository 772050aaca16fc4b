-- reads: workload_pods, split_rows
-- Pods of the workloads, and behind them those that only split cost rows name.
SELECT pid, {names}
FROM workload_pods
UNION ALL
SELECT
    (SELECT coalesce(max(pid), 0) FROM workload_pods) + row_number() OVER (ORDER BY {names}) AS pid,
    {names}
FROM (SELECT DISTINCT {names} FROM split_rows)
ANTI JOIN workload_pods USING ({names})
