-- By a meter's quantities in the bucket's time. What a tenant used while it was not active is the
-- pool's `unmetered` part and is not pushed on the others.
INSERT INTO candidates
SELECT
    buckets.pool,
    buckets.grain,
    buckets.bucket,
    $level,
    CASE WHEN usage.is_active THEN usage.tenant ELSE 'unmetered:' || buckets.pool END,
    sum(usage.weight)
FROM buckets
JOIN usage
    ON usage.meter = $meter
    AND CASE greatest(buckets.grain, $grain)
        WHEN 1 THEN usage.hour = buckets.bucket
        WHEN 2 THEN date_trunc('day', usage.hour) = date_trunc('day', buckets.bucket)
        ELSE true
    END
WHERE buckets.pool = $pool AND usage.weight > 0
GROUP BY ALL;
