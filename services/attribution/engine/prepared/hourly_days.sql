-- reads: stale_days, uses, pools_by_hourly_costs, meters_before, pool_line_hours, line_claims, usage,
--     period  makes: hourly_days
-- The days on which a pool may be split by direct costs of the hour: those with an hour in which
-- none of the meters has a signal that stand before them in its chain, and those that a line touches
-- which is of several hours and no whole day or period. Where pools use each other any bucket may
-- fall back, so all days are.
CREATE OR REPLACE TEMP TABLE hourly_days AS
WITH pool_hours AS (
    SELECT DISTINCT line_claims.recipient AS pool, pool_line_hours.started_at AS hour
    FROM pool_line_hours
    JOIN line_claims ON line_claims.kid = pool_line_hours.kid
    WHERE pool_line_hours.ended_at <= box_end('hour', pool_line_hours.started_at)
),
lengths AS (
    SELECT DISTINCT pool_line_hours.started_at, pool_line_hours.ended_at
    FROM pool_line_hours
    JOIN line_claims ON line_claims.kid = pool_line_hours.kid
    JOIN pools_by_hourly_costs ON pools_by_hourly_costs.pool = line_claims.recipient
    CROSS JOIN period
    WHERE pool_line_hours.ended_at > box_end('hour', pool_line_hours.started_at)
        AND own_grain(
            pool_line_hours.started_at, pool_line_hours.ended_at, period.started_at, period.ended_at
        ) = 'hour'
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
SELECT stale_days.day
FROM stale_days
JOIN lengths
    ON CAST(stale_days.day AS TIMESTAMP) < lengths.ended_at
    AND stale_days.day >= CAST(lengths.started_at AS DATE)
UNION
SELECT day
FROM stale_days
WHERE EXISTS (SELECT 1 FROM uses) AND EXISTS (SELECT 1 FROM pools_by_hourly_costs);
