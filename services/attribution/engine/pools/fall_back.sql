-- Buckets of a closed loop that have a next driver lose the one that was chosen.
DELETE FROM candidates
USING (
    SELECT chosen.*
    FROM chosen
    SEMI JOIN closed USING (pool, grain, bucket)
    SEMI JOIN (
        SELECT candidates.pool, candidates.grain, candidates.bucket
        FROM candidates
        JOIN chosen USING (pool, grain, bucket)
        WHERE candidates.level > chosen.level
    ) AS further USING (pool, grain, bucket)
) AS dropped
WHERE candidates.pool = dropped.pool AND candidates.grain = dropped.grain
    AND candidates.bucket = dropped.bucket AND candidates.level = dropped.level;
