-- The days on which a pool may be split by direct costs of the hour: those with an hour in which
-- none of the meters is heard that stand before them in its chain.
CREATE OR REPLACE TEMP TABLE asked_days AS
WITH pool_hours AS (
    SELECT DISTINCT claims.recipient AS pool, hourly.hour
    FROM hourly
    JOIN claims ON claims.kid = hourly.kid
    WHERE hourly.span = 1
),
heard AS (
    SELECT DISTINCT
        meters_before.pool,
        meters_before.grain,
        CASE meters_before.grain
            WHEN 1 THEN usage.hour
            WHEN 2 THEN date_trunc('day', usage.hour)
            ELSE (SELECT started_at FROM period)
        END AS moment
    FROM meters_before
    JOIN usage ON usage.meter = meters_before.meter
    WHERE usage.weight > 0 AND NOT starts_with(usage.tenant, 'pool:')
),
covered AS (
    SELECT pool_hours.pool, pool_hours.hour
    FROM pool_hours
    JOIN heard
        ON heard.pool = pool_hours.pool
        AND heard.moment = CASE heard.grain
            WHEN 1 THEN pool_hours.hour
            WHEN 2 THEN date_trunc('day', pool_hours.hour)
            ELSE (SELECT started_at FROM period)
        END
)
SELECT DISTINCT CAST(pool_hours.hour AS DATE) AS day
FROM pool_hours
JOIN by_hourly_costs USING (pool)
ANTI JOIN covered USING (pool, hour);
