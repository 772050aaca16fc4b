-- reads: candidates, levels_given_up  makes: chosen, shares
-- The first driver of a pool that proposes anything for a bucket is the one that splits it.
CREATE OR REPLACE TEMP TABLE chosen AS
SELECT pool, grain, bucket, bucket_end, min(level) AS level
FROM candidates
ANTI JOIN levels_given_up USING (pool, grain, bucket, bucket_end, level)
GROUP BY ALL;

-- `total` is of all consumers, `tenants_total` of those among them that are no pools.
CREATE OR REPLACE TEMP TABLE shares AS
WITH totals AS (
    SELECT
        pool,
        grain,
        bucket,
        bucket_end,
        level,
        sum(weight) AS total,
        sum(weight) FILTER (WHERE NOT starts_with(recipient, {POOL})) AS tenants_total
    FROM candidates
    JOIN chosen USING (pool, grain, bucket, bucket_end, level)
    GROUP BY ALL
)
SELECT candidates.*, totals.total, totals.tenants_total
FROM candidates
JOIN totals USING (pool, grain, bucket, bucket_end, level);
