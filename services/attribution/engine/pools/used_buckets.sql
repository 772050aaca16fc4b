-- Whose bucket asks for which bucket of a pool it may use.
CREATE OR REPLACE TEMP TABLE used_bucket AS
SELECT DISTINCT
    buckets.pool AS by_pool,
    buckets.grain AS by_grain,
    buckets.bucket AS by_bucket,
    uses.used AS pool,
    greatest(buckets.grain, pools.grain) AS grain,
    CASE greatest(buckets.grain, pools.grain)
        WHEN 1 THEN buckets.bucket
        WHEN 2 THEN date_trunc('day', buckets.bucket)
        ELSE (SELECT started_at FROM period)
    END AS bucket
FROM buckets
JOIN uses ON uses.pool = buckets.pool
JOIN pools ON pools.pool = uses.used;

INSERT INTO buckets
SELECT DISTINCT
    pool,
    grain,
    bucket,
    CASE grain
        WHEN 1 THEN bucket + INTERVAL 1 HOUR
        WHEN 2 THEN bucket + INTERVAL 1 DAY
        ELSE (SELECT ended_at FROM period)
    END
FROM used_bucket
ANTI JOIN buckets USING (pool, grain, bucket);
