-- reads: buckets, drivers, usage, direct_costs, period
--     makes: driver_buckets, metered_usage, metered_costs
-- What drivers look at, by the grains of time that they do.
CREATE OR REPLACE TEMP TABLE driver_buckets AS
SELECT
    drivers.pool,
    drivers.level,
    drivers.scope,
    buckets.grain AS own_grain,
    buckets.bucket,
    buckets.bucket_end,
    greatest(buckets.grain, drivers.grain) AS grain,
    CASE greatest(buckets.grain, drivers.grain)
        WHEN 'hour' THEN buckets.bucket
        WHEN 'day' THEN date_trunc('day', buckets.bucket)
        ELSE (SELECT started_at FROM period)
    END AS moment
FROM buckets
JOIN drivers USING (pool);

CREATE OR REPLACE TEMP TABLE metered_usage AS
WITH placed AS (
    SELECT
        CAST('hour' AS span) AS grain, hour AS moment, meter, tenant, is_active, scale, weight
    FROM usage
    UNION ALL
    SELECT
        CAST('day' AS span), date_trunc('day', hour), meter, tenant, is_active, scale, weight
    FROM usage
    UNION ALL
    SELECT
        CAST('period' AS span),
        (SELECT started_at FROM period),
        meter,
        tenant,
        is_active,
        scale,
        weight
    FROM usage
)
SELECT meter, grain, moment, tenant, is_active, scale, sum(weight) AS weight
FROM placed
WHERE weight > 0 AND grain IN (SELECT grain FROM driver_buckets)
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE metered_costs AS
WITH placed AS (
    SELECT CAST('hour' AS span) AS grain, hour AS moment, scope, tenant, quanta FROM direct_costs
    UNION ALL
    SELECT CAST('day' AS span), date_trunc('day', hour), scope, tenant, quanta FROM direct_costs
    UNION ALL
    SELECT CAST('period' AS span), (SELECT started_at FROM period), scope, tenant, quanta
    FROM direct_costs
)
SELECT scope, grain, moment, tenant, sum(quanta) AS quanta
FROM placed
WHERE grain IN (SELECT grain FROM driver_buckets)
GROUP BY ALL;
