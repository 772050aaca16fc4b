-- reads: {placed}  makes: workload_loads
CREATE OR REPLACE TEMP TABLE workload_loads AS
SELECT place, cluster, started_at, resource, pid, {measures}
FROM {placed}
WHERE weight > 0
GROUP BY ALL;
