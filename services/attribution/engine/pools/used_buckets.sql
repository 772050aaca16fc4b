-- reads: buckets, uses, pools, period  makes: used_buckets
-- Whose bucket asks for which bucket of a pool it may use.
CREATE OR REPLACE TEMP TABLE used_buckets AS
WITH asked AS (
    SELECT
        buckets.pool AS by_pool,
        buckets.grain AS by_grain,
        buckets.bucket AS by_bucket,
        buckets.bucket_end AS by_bucket_end,
        uses.used AS pool,
        greatest(buckets.grain, pools.grain) AS grain
    FROM buckets
    JOIN uses ON uses.pool = buckets.pool
    JOIN pools ON pools.pool = uses.used
)
SELECT DISTINCT
    asked.*,
    CASE asked.grain
        WHEN 'period' THEN period.started_at
        ELSE split_start(asked.grain, by_bucket, by_bucket_end)
    END AS bucket,
    CASE asked.grain
        WHEN 'period' THEN period.ended_at
        ELSE split_end(asked.grain, by_bucket, by_bucket_end)
    END AS bucket_end
FROM asked
CROSS JOIN period;
