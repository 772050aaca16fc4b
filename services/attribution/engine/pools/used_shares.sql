-- reads: shares, used_buckets
-- What each bucket that uses pools is split by: the total, and the weight of each used bucket.
SELECT
    shares.pool AS by_pool,
    shares.grain AS by_grain,
    shares.bucket AS by_bucket,
    shares.bucket_end AS by_bucket_end,
    used.pool,
    used.grain,
    used.bucket,
    used.bucket_end,
    shares.weight,
    shares.total
FROM shares
JOIN used_buckets AS used
    ON used.by_pool = shares.pool AND used.by_grain = shares.grain
    AND used.by_bucket = shares.bucket AND used.by_bucket_end = shares.bucket_end
    AND shares.recipient = {POOL} || used.pool;
