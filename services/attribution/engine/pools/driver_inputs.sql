-- What drivers look at, by the grains of time that they do.
CREATE OR REPLACE TEMP TABLE asked_of_all AS
SELECT
    drivers.pool,
    drivers.level,
    drivers.scope,
    buckets.grain AS own_grain,
    buckets.bucket,
    buckets.bucket_end,
    greatest(buckets.grain, drivers.grain) AS grain,
    CASE greatest(buckets.grain, drivers.grain)
        WHEN 1 THEN buckets.bucket
        WHEN 2 THEN date_trunc('day', buckets.bucket)
        ELSE (SELECT started_at FROM period)
    END AS moment
FROM buckets
JOIN drivers USING (pool);

CREATE OR REPLACE TEMP TABLE used AS
WITH placed AS (
    SELECT 1 AS grain, hour AS moment, meter, tenant, is_active, scale, weight FROM usage
    UNION ALL
    SELECT 2, date_trunc('day', hour), meter, tenant, is_active, scale, weight FROM usage
    UNION ALL
    SELECT 3, (SELECT started_at FROM period), meter, tenant, is_active, scale, weight FROM usage
)
SELECT meter, grain, moment, tenant, is_active, scale, sum(weight) AS weight
FROM placed
WHERE weight > 0 AND grain IN (SELECT grain FROM asked_of_all)
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE direct AS
WITH placed AS (
    SELECT 1 AS grain, hour AS moment, scope, tenant, units FROM direct_costs
    UNION ALL
    SELECT 2, date_trunc('day', hour), scope, tenant, units FROM direct_costs
    UNION ALL
    SELECT 3, (SELECT started_at FROM period), scope, tenant, units FROM direct_costs
)
SELECT scope, grain, moment, tenant, sum(units) AS units
FROM placed
WHERE grain IN (SELECT grain FROM asked_of_all)
GROUP BY ALL;
