-- reads: asked, metered_usage
-- By the quantities of $meter; what $control counts for the pool beyond these is unmetered.
WITH scales AS (
    SELECT
        coalesce(max(scale) FILTER (WHERE meter = $meter), 0) AS of_meter,
        coalesce(max(scale) FILTER (WHERE meter = $control), 0) AS of_control
    FROM metered_usage
    WHERE meter IN ($meter, $control)
),
factors AS (
    SELECT
        CAST(rpad('1', 1 + greatest(of_control - of_meter, 0), '0') AS HUGEINT) AS of_meter,
        CAST(rpad('1', 1 + greatest(of_meter - of_control, 0), '0') AS HUGEINT) AS of_control
    FROM scales
),
metered AS (
    SELECT asked.*, metered_usage.tenant, metered_usage.is_active, metered_usage.weight * factors.of_meter AS weight
    FROM asked
    JOIN metered_usage ON metered_usage.meter = $meter AND metered_usage.grain = asked.grain AND metered_usage.moment = asked.moment AND metered_usage.moment_end = asked.moment_end
    CROSS JOIN factors
),
sums AS (
    SELECT pool, own_grain, bucket, bucket_end, grain, moment, moment_end, sum(weight) AS weight
    FROM metered
    GROUP BY ALL
)
SELECT
    own_grain,
    bucket,
    bucket_end,
    CASE WHEN is_active THEN tenant ELSE {UNMETERED} || pool END AS recipient,
    weight
FROM metered
UNION ALL
SELECT
    sums.own_grain,
    sums.bucket,
    sums.bucket_end,
    {UNMETERED} || sums.pool,
    metered_usage.weight * factors.of_control - sums.weight
FROM sums
JOIN metered_usage
    ON metered_usage.meter = $control AND metered_usage.tenant = {POOL} || sums.pool
    AND metered_usage.grain = sums.grain AND metered_usage.moment = sums.moment
    AND metered_usage.moment_end = sums.moment_end
CROSS JOIN factors
WHERE metered_usage.weight * factors.of_control > sums.weight
