-- Usage of three pools: in each hour of the 30 days about 120 of the 2,000 tenants, the larger ones
-- more often and with more, by day more than by night.
WITH drawn AS (
    SELECT
        pool,
        hour,
        CAST(floor(2000 * pow((hash(pool, hour, n, 'who') % 1000000) / 1000000.0, 1.5)) AS INTEGER)
            AS tenant,
        1 + hash(pool, hour, n, 'much') % 1000 AS much
    FROM (VALUES ('nat_use'), ('lb_use'), ('logs_use')) AS pools(pool)
    CROSS JOIN range(720) AS hours(hour)
    CROSS JOIN range(130) AS draws(n)
)
SELECT
    pool AS meter,
    TIMESTAMP '2026-10-01 00:00:00' + INTERVAL 1 HOUR * hour AS start,
    't' || lpad(CAST(tenant AS VARCHAR), 4, '0') AS consumer,
    CAST(sum(much * (24 - abs(hour % 24 - 14)) * (2000 - tenant)) AS BIGINT) AS quantity
FROM drawn
GROUP BY ALL
ORDER BY meter, start, consumer
