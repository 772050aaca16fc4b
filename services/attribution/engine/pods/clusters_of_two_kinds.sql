-- reads: workloads, workload_pods
WITH mixed AS (
    SELECT cluster
    FROM workloads
    JOIN workload_pods USING (pid, cluster)
    WHERE pod <> '' OR claim <> ''
    GROUP BY cluster
    HAVING min(kind) <> max(kind)
)
SELECT
    file,
    row,
    'cluster:' || cluster || ' has pods and tasks; a cluster of EKS and one of ECS need different'
        || ' names'
FROM mixed
JOIN workloads USING (cluster)
ORDER BY file, row
LIMIT 1;
