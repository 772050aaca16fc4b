-- reads: candidates, chosen, closed_buckets
-- Buckets of a closed loop that have a next driver, and the level that each loses.
SELECT chosen.pool, chosen.grain, chosen.bucket, chosen.bucket_end, chosen.level
FROM chosen
SEMI JOIN closed_buckets USING (pool, grain, bucket, bucket_end)
SEMI JOIN (
    SELECT candidates.pool, candidates.grain, candidates.bucket, candidates.bucket_end
    FROM candidates
    JOIN chosen USING (pool, grain, bucket, bucket_end)
    WHERE candidates.level > chosen.level
) AS further USING (pool, grain, bucket, bucket_end);
