-- reads: cells, routes  makes: route_weights
-- A cell whose pool is used by other pools goes by the routes of its money; these are multiples of
-- 2^-60 (`domain/reciprocal.py`).
CREATE OR REPLACE TEMP TABLE route_weights AS
SELECT
    cells.cell,
    cells.quanta,
    routes.route AS recipient,
    routes.weight,
    CAST(1152921504606846976 AS HUGEINT) AS total,
    0 AS level
FROM cells
JOIN routes USING (pool, grain, bucket, bucket_end);
