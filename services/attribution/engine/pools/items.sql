-- reads: cells, routes, route_parts  makes: items
-- What is split among tenants: a cell's part by each route, or the cell whole by its own pool.
CREATE OR REPLACE TEMP TABLE items AS
WITH ends AS (
    SELECT DISTINCT
        route AS recipient,
        via,
        via_grain AS grain,
        via_bucket AS bucket,
        via_bucket_end AS bucket_end
    FROM routes
),
routed AS (
    SELECT route_parts.cell, ends.via, ends.grain, ends.bucket, ends.bucket_end,
        route_parts.quanta
    FROM route_parts
    JOIN ends USING (recipient)
    UNION ALL
    SELECT cell, pool, grain, bucket, bucket_end, quanta
    FROM cells
    ANTI JOIN routes USING (pool, grain, bucket, bucket_end)
)
SELECT row_number() OVER (ORDER BY cell, via, grain, bucket, bucket_end) AS item, *
FROM routed;
