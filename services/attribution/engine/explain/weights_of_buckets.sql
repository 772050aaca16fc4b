-- reads: shares, explained_parts
-- Who took part in the buckets that split the parts; other pools left out.
SELECT pool, grain, bucket, bucket_end, recipient, weight
FROM shares
SEMI JOIN explained_parts AS parts
    ON parts.via = shares.pool AND parts.via_grain = shares.grain
    AND parts.via_bucket = shares.bucket AND parts.via_bucket_end = shares.bucket_end
WHERE NOT starts_with(recipient, {POOL})
ORDER BY recipient;
