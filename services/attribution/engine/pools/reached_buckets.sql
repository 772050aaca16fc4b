-- reads: cells, uses, pools, period
-- The buckets of cells and those that they ask for of the pools they may use, and these of theirs:
-- which have the coarser grain of the two, so that a month's cost goes by a month's use.
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
FROM reached
