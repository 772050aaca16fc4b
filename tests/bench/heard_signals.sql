-- The signals that are left when a share of all pool-hours is silent.
WITH pool_hours AS (
    SELECT pool, start, md5(concat_ws(' ', pool, start, getvariable('seed'))) AS chance
    FROM signals
    GROUP BY pool, start
),
ranked AS (
    SELECT *, row_number() OVER (ORDER BY chance) AS place, count(*) OVER () AS total
    FROM pool_hours
)
SELECT signals.pool || '_use' AS meter, signals.start, signals.consumer, signals.quantity
FROM signals
JOIN ranked USING (pool, start)
WHERE ranked.place > ranked.total * getvariable('missing')
