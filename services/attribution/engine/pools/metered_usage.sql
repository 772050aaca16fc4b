-- reads: usage, driver_buckets, covers, period  makes: metered_usage
-- What drivers look at of signals.
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
),
boxed AS (
    SELECT meter, grain, moment, tenant, is_active, scale, sum(weight) AS weight
    FROM placed
    WHERE weight > 0 AND grain IN (SELECT grain FROM driver_buckets)
    GROUP BY ALL
)
SELECT
    boxed.*,
    CASE grain WHEN 'period' THEN (SELECT ended_at FROM period) ELSE box_end(grain, moment) END
        AS moment_end
FROM boxed
UNION ALL BY NAME
SELECT
    boxed.meter,
    covers.grain,
    covers.moment,
    covers.moment_end,
    boxed.tenant,
    boxed.is_active,
    boxed.scale,
    sum(boxed.weight * covers.part) AS weight
FROM covers
JOIN boxed ON boxed.grain = covers.grain AND boxed.moment = covers.box
GROUP BY ALL;
