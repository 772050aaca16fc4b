-- Per pool: its cost, what its first driver split, what a fallback did, what nobody could, what went
-- to those that were not active; and its hours, with those in which its first driver had a say.
WITH costs AS (
    SELECT
        substr(charge_group, 6) AS pool,
        sum(amount) AS amount,
        coalesce(sum(amount) FILTER (
            WHERE method <> 'none' AND NOT starts_with(driver, 'fallback:')
        ), 0) AS by_first_driver,
        coalesce(sum(amount) FILTER (WHERE starts_with(driver, 'fallback:')), 0) AS by_fallback,
        coalesce(sum(amount) FILTER (WHERE method = 'none'), 0) AS unallocated,
        coalesce(sum(amount) FILTER (WHERE starts_with(tenant, 'unmetered:')), 0) AS unmetered
    FROM {scan}
    WHERE starts_with(charge_group, 'pool:')
    GROUP BY ALL
),
-- The hours of its cost. A pool may hold coarser lines beside hourly ones: its hours are counted on the finest.
finest AS (
    SELECT *, date_diff('hour', bucket, bucket_end) AS hours
    FROM buckets
    SEMI JOIN cells USING (pool, grain, bucket)
    QUALIFY grain = min(grain) OVER (PARTITION BY pool)
),
hours AS (
    SELECT
        finest.pool,
        CAST(sum(finest.hours) AS BIGINT) AS hours,
        CAST(coalesce(sum(finest.hours) FILTER (WHERE chosen.level = 0), 0) AS BIGINT) AS covered
    FROM finest
    LEFT JOIN chosen
        ON chosen.pool = finest.pool AND chosen.grain = finest.grain
        AND chosen.bucket = finest.bucket
    GROUP BY ALL
)
SELECT
    costs.pool, amount, by_first_driver, by_fallback, unallocated, unmetered,
    coalesce(hours.hours, 0), coalesce(hours.covered, 0)
FROM costs
LEFT JOIN hours ON hours.pool = costs.pool
ORDER BY costs.pool
