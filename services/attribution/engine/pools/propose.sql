-- The weights that one driver of a pool proposes, by the driver's own query, for buckets of which no
-- driver before it said anything; for all, where pools use each other and may have to fall back.
INSERT INTO candidates
WITH asked AS (
    SELECT *
    FROM asked_of_all
    WHERE pool = $pool AND level = $level AND (
        EXISTS (SELECT 1 FROM uses) OR (own_grain, bucket) NOT IN (
            SELECT (grain, bucket) FROM candidates WHERE pool = $pool AND recipient <> 'pool:' || $pool
        )
    )
),
proposed AS (
    {weights}
)
SELECT $pool, own_grain, bucket, $level, recipient, sum(weight)
FROM proposed
WHERE weight > 0
GROUP BY own_grain, bucket, recipient;
