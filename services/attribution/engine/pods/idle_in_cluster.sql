-- reads: taken, prices, policy, idle_items, idle_on_node_parts
--     makes: cluster_taken, cluster_idle, idle_in_cluster_weights
-- The idle part of a cluster's nodes, by what its pods took (`proportional`) or requested
-- (`reserved`) in that time on all its nodes; by neither where it stays (`overhead`).
CREATE OR REPLACE TEMP TABLE cluster_taken AS
WITH summed AS (
    SELECT
        cluster,
        grain,
        bucket,
        bucket_end,
        resource,
        pid,
        sum(CASE (SELECT idle FROM policy) WHEN 'reserved' THEN requested ELSE weight END) AS weight
    FROM taken
    WHERE resource IN (SELECT resource FROM prices) AND (SELECT idle FROM policy) <> 'overhead'
    GROUP BY ALL
),
priced AS (
    SELECT cluster, grain, bucket, bucket_end, 'none' AS resource, pid, sum(weight * price) AS weight
    FROM summed
    JOIN prices USING (resource)
    WHERE resource = 'split' OR (cluster, grain, bucket, bucket_end) NOT IN (
        SELECT (cluster, grain, bucket, bucket_end) FROM summed WHERE resource = 'split'
    )
    GROUP BY ALL
)
SELECT * FROM summed WHERE weight > 0
UNION ALL
SELECT * FROM priced WHERE weight > 0;

CREATE OR REPLACE TEMP TABLE cluster_idle AS
WITH summed AS (
    SELECT
        rid,
        started_at,
        ended_at,
        cluster,
        grain,
        bucket,
        bucket_end,
        resource,
        CAST(sum(quanta) AS HUGEINT) AS quanta
    FROM idle_items
    WHERE goes_by_policy
        AND item NOT IN (SELECT cell FROM idle_on_node_parts)
        AND (SELECT idle FROM policy) <> 'overhead'
    GROUP BY ALL
)
SELECT row_number() OVER (ORDER BY rid, started_at, ended_at, resource) AS item, * FROM summed;

CREATE OR REPLACE TEMP TABLE idle_in_cluster_weights AS
SELECT
    cluster_idle.item AS cell,
    cluster_idle.quanta,
    lpad(CAST(cluster_taken.pid AS VARCHAR), 12, '0') AS recipient,
    cluster_taken.weight,
    sum(cluster_taken.weight) OVER (PARTITION BY cluster_idle.item) AS total,
    0 AS level
FROM cluster_idle
JOIN cluster_taken USING (cluster, grain, bucket, bucket_end, resource);
