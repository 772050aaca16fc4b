-- Signals of a month: in each hour a pool is used by those of its 400 tenants that are awake. Tenants
-- are skewed, each has its own habit and hours of day, and an hour is up to a third off the habit.
WITH tenants AS (
    SELECT
        n AS tenant,
        1e6 / pow(n + 1, 0.8) AS habit,
        hash(n, 'peak', getvariable('seed')) % 24 AS peak
    FROM range(400) AS listed(n)
),
hourly AS (
    SELECT
        pool,
        hour,
        tenant,
        habit * (1.2 + cos(2 * pi() * (hour % 24 - peak) / 24.0))
            * CASE WHEN hour // 24 % 7 IN (2, 3) THEN 0.6 ELSE 1 END
            * (2 + hash(pool, hour, tenant, 'noise', getvariable('seed')) % 1000 / 500.0) / 3 AS used
    FROM (VALUES ('nat'), ('lb'), ('logs')) AS pools(pool)
    CROSS JOIN range(720) AS hours(hour)
    CROSS JOIN tenants
)
SELECT
    pool,
    TIMESTAMP '2026-10-01 00:00:00' + INTERVAL 1 HOUR * hour AS start,
    't' || lpad(CAST(tenant AS VARCHAR), 4, '0') AS consumer,
    CAST(round(used) AS BIGINT) AS quantity
FROM hourly
WHERE round(used) > 0
