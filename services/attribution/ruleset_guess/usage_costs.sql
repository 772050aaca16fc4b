-- reads: {lines}
SELECT coalesce(sum(EffectiveCost), 0), count(DISTINCT CAST(ChargePeriodStart AS DATE))
FROM {lines}
WHERE ChargeCategory = 'Usage' AND EffectiveCost > 0;
