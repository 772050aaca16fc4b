-- Per pool: its cost, what its first driver split, what a fallback did, and what nobody could.
SELECT
    substr(charge_group, 6) AS pool,
    sum(amount) AS amount,
    coalesce(sum(amount) FILTER (WHERE method <> 'none' AND NOT starts_with(driver, 'fallback:')), 0),
    coalesce(sum(amount) FILTER (WHERE starts_with(driver, 'fallback:')), 0),
    coalesce(sum(amount) FILTER (WHERE method = 'none'), 0)
FROM {scan}
WHERE starts_with(charge_group, 'pool:')
GROUP BY ALL
ORDER BY pool
