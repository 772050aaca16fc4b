-- A cell whose pool is used by other pools becomes an item per way of its money, in whole units.
CREATE OR REPLACE TEMP TABLE weighed AS
SELECT
    cells.cell,
    cells.units,
    routes.way AS recipient,
    routes.weight,
    CAST(1152921504606846976 AS HUGEINT) AS total,
    0 AS level
FROM cells
JOIN routes USING (pool, grain, bucket);
