-- A pool's use of itself is no use: nobody else pays for it.
DELETE FROM candidates WHERE recipient = 'pool:' || pool;

-- The first driver of a pool that says anything about a bucket is the one that splits it.
CREATE OR REPLACE TEMP TABLE chosen AS
SELECT pool, grain, bucket, min(level) AS level FROM candidates GROUP BY ALL;

-- `total` is of all consumers, `tenants_total` of those among them that are no pools.
CREATE OR REPLACE TEMP TABLE shares AS
WITH totals AS (
    SELECT
        pool,
        grain,
        bucket,
        level,
        sum(weight) AS total,
        sum(weight) FILTER (WHERE NOT starts_with(recipient, 'pool:')) AS tenants_total
    FROM candidates
    JOIN chosen USING (pool, grain, bucket, level)
    GROUP BY ALL
)
SELECT candidates.*, totals.total, totals.tenants_total
FROM candidates
JOIN totals USING (pool, grain, bucket, level);

-- What is split: a cell whole, by its own pool's weights.
CREATE OR REPLACE TEMP TABLE items AS
SELECT cell AS item, cell, pool AS via, grain, bucket, units FROM cells;
