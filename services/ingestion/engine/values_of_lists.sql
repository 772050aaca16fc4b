-- reads: {lines}
SELECT {columns}, count(*), coalesce(sum(BilledCost), 0), coalesce(sum(EffectiveCost), 0)
FROM {lines}
GROUP BY ALL;
