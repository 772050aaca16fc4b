-- reads: workloads  makes: workload_resources
-- What a bill may name, and the place it pays for: a node with the volumes that are its own, a
-- volume that a claim has, or a pod or task that is billed alone.
CREATE OR REPLACE TEMP TABLE workload_resources AS
WITH named AS (
    SELECT cluster, node AS resource, node AS holder, 'node' AS carrier
    FROM workloads
    WHERE volume = '' AND alone = ''
    UNION
    SELECT cluster, alone, alone, CASE WHEN starts_with(alone, 'pod/') THEN 'pod' ELSE 'task' END
    FROM workloads
    WHERE alone <> ''
    UNION
    SELECT cluster, volume, volume, 'volume'
    FROM workloads
    WHERE claim <> ''
    UNION
    SELECT cluster, volume, node, 'node'
    FROM workloads
    WHERE volume <> '' AND claim = ''
        AND volume NOT IN (SELECT volume FROM workloads WHERE claim <> '')
)
SELECT dense_rank() OVER (ORDER BY cluster, holder) AS place, * FROM named;
