-- reads: asked, named_weights, tenants
-- Of pools, and of tenants that are active at some time in the bucket.
SELECT
    asked.own_grain,
    asked.bucket,
    asked.bucket_end,
    named_weights.recipient,
    named_weights.weight
FROM asked
JOIN named_weights ON named_weights.pool = asked.pool AND named_weights.level = asked.level
LEFT JOIN tenants
    ON tenants.tenant = named_weights.recipient
    AND (tenants.active_from IS NULL OR tenants.active_from < asked.bucket_end)
    AND (tenants.active_to IS NULL OR asked.bucket < tenants.active_to)
WHERE tenants.tenant IS NOT NULL OR starts_with(named_weights.recipient, {POOL})
