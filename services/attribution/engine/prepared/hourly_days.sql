-- reads: stale_days, uses, pools_by_hourly_costs, meters_before, pool_line_hours, line_claims, usage,
--     period  makes: hourly_days
-- The days on which a pool may be split by direct costs of the hour: those with an hour in which
-- none of the meters has a signal that stand before them in its chain. Where pools use each other
-- any bucket may fall back, so all days are.
CREATE OR REPLACE TEMP TABLE hourly_days AS
WITH pool_hours AS (
    SELECT DISTINCT line_claims.recipient AS pool, pool_line_hours.hour
    FROM pool_line_hours
    JOIN line_claims ON line_claims.kid = pool_line_hours.kid
    WHERE pool_line_hours.span = 'hour'
),
metered AS (
    SELECT DISTINCT
        meters_before.pool,
        meters_before.grain,
        CASE meters_before.grain
            WHEN 'hour' THEN usage.hour
            WHEN 'day' THEN date_trunc('day', usage.hour)
            ELSE (SELECT started_at FROM period)
        END AS moment
    FROM meters_before
    JOIN usage ON usage.meter = meters_before.meter
    WHERE usage.weight > 0 AND NOT starts_with(usage.tenant, {POOL})
),
covered AS (
    SELECT pool_hours.pool, pool_hours.hour
    FROM pool_hours
    JOIN metered
        ON metered.pool = pool_hours.pool
        AND metered.moment = CASE metered.grain
            WHEN 'hour' THEN pool_hours.hour
            WHEN 'day' THEN date_trunc('day', pool_hours.hour)
            ELSE (SELECT started_at FROM period)
        END
)
SELECT DISTINCT CAST(pool_hours.hour AS DATE) AS day
FROM pool_hours
JOIN pools_by_hourly_costs USING (pool)
ANTI JOIN covered USING (pool, hour)
UNION
SELECT day
FROM stale_days
WHERE EXISTS (SELECT 1 FROM uses) AND EXISTS (SELECT 1 FROM pools_by_hourly_costs);
