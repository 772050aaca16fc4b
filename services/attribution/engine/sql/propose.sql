-- The weights that one driver of a pool proposes, by the driver's own query.
INSERT INTO candidates
WITH asked AS (
    SELECT * FROM asked_of_all WHERE pool = $pool AND level = $level
),
proposed AS (
    {weights}
)
SELECT $pool, own_grain, bucket, $level, recipient, sum(weight)
FROM proposed
WHERE weight > 0
GROUP BY own_grain, bucket, recipient;
