-- reads: cells, uses, pools, period  makes: buckets, used_buckets
-- What a driver splits at once: a pool in an hour, day or period that it has cost in, or in the time
-- of a line that is none of these. A bucket asks for those of the pools it may use, and these for
-- theirs: they have the coarser grain of the two, so that a month's cost goes by a month's use.
CREATE OR REPLACE TEMP TABLE buckets AS
WITH RECURSIVE reached AS (
    SELECT DISTINCT pool, grain, bucket, bucket_end
    FROM cells
    UNION
    SELECT
        uses.used,
        greatest(reached.grain, pools.grain),
        CASE greatest(reached.grain, pools.grain)
            WHEN 'period' THEN period.started_at
            ELSE split_start(
                greatest(reached.grain, pools.grain), reached.bucket, reached.bucket_end
            )
        END,
        CASE greatest(reached.grain, pools.grain)
            WHEN 'period' THEN period.ended_at
            ELSE split_end(
                greatest(reached.grain, pools.grain), reached.bucket, reached.bucket_end
            )
        END
    FROM reached
    JOIN uses ON uses.pool = reached.pool
    JOIN pools ON pools.pool = uses.used
    CROSS JOIN period
)
SELECT *
FROM reached;

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
