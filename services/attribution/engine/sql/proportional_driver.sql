-- By direct cost in the bucket's time; a tenant whose direct cost is below zero takes no part.
INSERT INTO candidates
SELECT
    buckets.pool,
    buckets.grain,
    buckets.bucket,
    $level,
    direct_costs.tenant,
    sum(direct_costs.units)
FROM buckets
JOIN direct_costs
    ON CASE greatest(buckets.grain, $grain)
        WHEN 1 THEN direct_costs.hour = buckets.bucket
        WHEN 2 THEN date_trunc('day', direct_costs.hour) = date_trunc('day', buckets.bucket)
        ELSE true
    END
WHERE buckets.pool = $pool
GROUP BY ALL
HAVING sum(direct_costs.units) > 0;
