-- reads: workload_resources, workloads
WITH repeated AS (
    SELECT resource
    FROM workload_resources
    GROUP BY resource
    HAVING count(*) > 1
)
SELECT
    file,
    row,
    CASE WHEN workloads.node = resource THEN 'provider_id:' ELSE 'volume_id:' END || resource
        || ' is in two clusters or on two nodes'
FROM repeated
JOIN workloads ON resource IN (workloads.node, workloads.volume)
ORDER BY file, row
LIMIT 1;
