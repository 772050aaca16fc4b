-- reads: driver_buckets, uses, candidates, {proposed}  adds to: candidates
-- The weights that one driver of a pool proposes, by the driver's own query over `asked`, for buckets
-- of which no driver before it proposed any; for all, where pools use each other and may have to fall
-- back. A pool's use of itself is no use: nobody else pays for it.
INSERT INTO candidates
WITH asked AS (
    SELECT *
    FROM driver_buckets
    WHERE pool = $pool AND level = $level AND (
        EXISTS (SELECT 1 FROM uses)
        OR (own_grain, bucket, bucket_end) NOT IN (
            SELECT (grain, bucket, bucket_end) FROM candidates WHERE pool = $pool
        )
    )
),
proposed AS {proposed}
SELECT $pool, own_grain, bucket, bucket_end, $level, recipient, sum(weight)
FROM proposed
WHERE weight > 0 AND recipient <> {POOL} || $pool
GROUP BY own_grain, bucket, bucket_end, recipient;
