-- reads: {lines}
SELECT coalesce(sum(cost), 0), count(DISTINCT CAST(ChargePeriodStart AS DATE))
FROM {lines}
WHERE ChargeCategory = 'Usage' AND cost > 0;
