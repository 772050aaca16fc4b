-- reads: written_sums, pool_hours
-- Per pool: its cost, what its first driver split, what a fallback did, what nobody could, what went
-- to those that were not active; and its hours, with those that its first driver split.
WITH costs AS (
    SELECT
        substr(charge_group, 6) AS pool,
        sum(amount) AS amount,
        coalesce(sum(amount) FILTER (
            WHERE method <> {METHOD_NONE} AND NOT starts_with(driver, 'fallback:')
        ), 0) AS by_first_driver,
        coalesce(sum(amount) FILTER (WHERE starts_with(driver, 'fallback:')), 0) AS by_fallback,
        coalesce(sum(amount) FILTER (WHERE method = {METHOD_NONE}), 0) AS unallocated,
        coalesce(sum(amount) FILTER (WHERE starts_with(tenant, {UNMETERED})), 0) AS unmetered
    FROM written_sums
    WHERE starts_with(charge_group, {POOL})
    GROUP BY ALL
),
-- The hours of its cost. A pool may hold coarser lines beside hourly ones: its hours are counted on
-- the finest.
finest AS (
    SELECT *
    FROM pool_hours
    QUALIFY grain = min(grain) OVER (PARTITION BY pool)
),
summed AS (
    SELECT pool, CAST(sum(hours) AS BIGINT) AS hours, CAST(sum(covered) AS BIGINT) AS covered
    FROM finest
    GROUP BY pool
)
SELECT
    costs.pool, amount, by_first_driver, by_fallback, unallocated, unmetered,
    coalesce(summed.hours, 0), coalesce(summed.covered, 0)
FROM costs
LEFT JOIN summed ON summed.pool = costs.pool
ORDER BY costs.pool;
