-- reads: workloads
SELECT file, row, 'start:stands there twice for the same pod, task or claim'
FROM (
    SELECT
        file,
        row,
        row_number() OVER (
            PARTITION BY cluster, node, volume, namespace, pod, claim, started_at ORDER BY file, row
        ) AS copy
    FROM workloads
    WHERE pod <> '' OR claim <> ''
)
WHERE copy > 1
ORDER BY file, row
LIMIT 1;
