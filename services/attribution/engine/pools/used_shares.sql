-- reads: shares, used_buckets
-- What each bucket that uses pools is split by: the total, and the weight of each used bucket.
SELECT
    shares.pool,
    shares.grain,
    shares.bucket,
    shares.total,
    used.pool,
    used.grain,
    used.bucket,
    shares.weight
FROM shares
JOIN used_buckets AS used
    ON used.by_pool = shares.pool AND used.by_grain = shares.grain
    AND used.by_bucket = shares.bucket AND shares.recipient = {POOL} || used.pool;
