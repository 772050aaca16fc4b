-- reads: {lines}
SELECT
    coalesce(x_UsageType, SkuMeter, ''),
    coalesce(ServiceName, ''),
    coalesce(x_ServiceCode, ''),
    coalesce(ChargeCategory, ''),
    sum(EffectiveCost)
FROM {lines}
WHERE coalesce(trim({tag}), '') = ''
GROUP BY ALL;
