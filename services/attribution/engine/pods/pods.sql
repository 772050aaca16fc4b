-- reads: workload_pods, workloads, split_rows  makes: pods, split_pods
-- Pods of the workloads, and behind them those that only split cost rows name.
CREATE OR REPLACE TEMP TABLE pods AS
SELECT pid, {names}
FROM workload_pods
UNION ALL
SELECT
    (SELECT coalesce(max(pid), 0) FROM workload_pods) + row_number() OVER (ORDER BY {names}) AS pid,
    {names}
FROM (SELECT DISTINCT {names} FROM split_rows)
ANTI JOIN workload_pods USING ({names});

-- A row whose tags name no tenant is of whom the workloads say its pod is, as their last row does.
CREATE OR REPLACE TEMP TABLE split_pods AS
WITH known AS (
    SELECT
        CASE
            WHEN starts_with(pod, 'arn:') THEN pod
            ELSE concat_ws('/', 'pod', cluster, namespace, pod)
        END AS who,
        max(struct_pack(started_at := started_at, pid := pid)).pid AS pid
    FROM workloads
    WHERE pod <> '' AND volume = ''
    GROUP BY 1
)
SELECT
    node,
    started_at,
    split_rows.cluster,
    CASE WHEN pod_label_value = '' THEN coalesce(known.pid, pods.pid) ELSE pods.pid END AS pid,
    weight,
    row_count
FROM split_rows
JOIN pods USING ({names})
LEFT JOIN known USING (who);
