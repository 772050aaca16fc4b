-- reads: cells, routes, route_parts
WITH ends AS (
    SELECT DISTINCT
        route AS recipient,
        via,
        via_grain AS grain,
        via_bucket AS bucket,
        via_bucket_end AS bucket_end
    FROM routes
)
SELECT route_parts.cell, ends.via, ends.grain, ends.bucket, ends.bucket_end, route_parts.quanta
FROM route_parts
JOIN ends USING (recipient)
UNION ALL
SELECT cell, pool, grain, bucket, bucket_end, quanta
FROM cells
ANTI JOIN routes USING (pool, grain, bucket, bucket_end)
