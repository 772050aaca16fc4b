-- What each tenant truly gets of the pools: each hour's cost by that hour's use.
SELECT
    signals.consumer,
    sum(CAST(lines.EffectiveCost AS DOUBLE) * signals.quantity / used.quantity) AS cost
FROM signals
JOIN (SELECT pool, start, sum(quantity) AS quantity FROM signals GROUP BY ALL) AS used
    USING (pool, start)
JOIN lines
    ON lines.x_UsageType = signals.pool || '-usage' AND lines.ChargePeriodStart = signals.start
GROUP BY signals.consumer
