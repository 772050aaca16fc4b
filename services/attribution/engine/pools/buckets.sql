-- reads: cells, uses, pools, period  makes: buckets, used_buckets
-- What a driver splits at once: a pool in an hour, day or period that it has cost in. A bucket asks
-- for those of the pools it may use, and these for theirs: they have the coarser grain of the two,
-- so that a month's cost goes by a month's use.
CREATE OR REPLACE TEMP TABLE buckets AS
WITH RECURSIVE reached AS (
    SELECT DISTINCT pool, grain, bucket
    FROM cells
    UNION
    SELECT
        uses.used,
        greatest(reached.grain, pools.grain),
        CASE greatest(reached.grain, pools.grain)
            WHEN 'hour' THEN reached.bucket
            WHEN 'day' THEN date_trunc('day', reached.bucket)
            ELSE (SELECT started_at FROM period)
        END
    FROM reached
    JOIN uses ON uses.pool = reached.pool
    JOIN pools ON pools.pool = uses.used
)
SELECT
    pool,
    grain,
    bucket,
    CASE grain
        WHEN 'hour' THEN bucket + INTERVAL 1 HOUR
        WHEN 'day' THEN bucket + INTERVAL 1 DAY
        ELSE (SELECT ended_at FROM period)
    END AS bucket_end
FROM reached;

-- Whose bucket asks for which bucket of a pool it may use.
CREATE OR REPLACE TEMP TABLE used_buckets AS
SELECT DISTINCT
    buckets.pool AS by_pool,
    buckets.grain AS by_grain,
    buckets.bucket AS by_bucket,
    uses.used AS pool,
    greatest(buckets.grain, pools.grain) AS grain,
    CASE greatest(buckets.grain, pools.grain)
        WHEN 'hour' THEN buckets.bucket
        WHEN 'day' THEN date_trunc('day', buckets.bucket)
        ELSE (SELECT started_at FROM period)
    END AS bucket
FROM buckets
JOIN uses ON uses.pool = buckets.pool
JOIN pools ON pools.pool = uses.used;
