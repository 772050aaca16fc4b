-- Even or by fixed weights, among the pools and the tenants that are active at some time in the
-- bucket.
INSERT INTO candidates
SELECT
    buckets.pool, buckets.grain, buckets.bucket, $level, fixed_weights.tenant, fixed_weights.weight
FROM buckets
JOIN fixed_weights ON fixed_weights.pool = buckets.pool AND fixed_weights.level = $level
LEFT JOIN tenants
    ON tenants.tenant = fixed_weights.tenant
    AND (tenants.active_from IS NULL OR tenants.active_from < buckets.bucket_end)
    AND (tenants.active_to IS NULL OR buckets.bucket < tenants.active_to)
WHERE buckets.pool = $pool AND fixed_weights.weight > 0
    AND (tenants.tenant IS NOT NULL OR starts_with(fixed_weights.tenant, 'pool:'));
