-- reads: {lines}
SELECT
    coalesce(x_UsageType, SkuMeter, ''),
    coalesce(ServiceName, ''),
    coalesce(x_ServiceCode, ''),
    coalesce(ChargeCategory, ''),
    sum(cost)
FROM {lines}
WHERE {value} = '' AND NOT list_contains(CAST($accounts AS VARCHAR[]), coalesce(x_Account, ''))
GROUP BY ALL;
