-- reads: {lines}
SELECT
    count(*) AS lines,
    count(*) FILTER (WHERE coalesce(ServiceName, '') = '') AS without_service,
    sum(BilledCost) FILTER (WHERE coalesce(ServiceName, '') = '') AS billed_without_service,
    count(*) FILTER (WHERE x_Account = '') AS without_account,
    sum(BilledCost) FILTER (WHERE x_Account = '') AS billed_without_account,
    count(*) FILTER (WHERE coalesce(ResourceId, '') <> '') AS with_resource,
    count(*) FILTER (WHERE coalesce(x_UsageType, SkuMeter, '') <> '') AS with_usage_type,
    count(*) FILTER (WHERE ChargePeriodEnd < ChargePeriodStart) AS ends_before_start,
    sum(BilledCost) FILTER (WHERE ChargePeriodEnd < ChargePeriodStart) AS billed_before_start,
    min(list_transform(split(x_LineId, ':')[:2], lambda part: CAST(part AS BIGINT)))
        FILTER (WHERE ChargePeriodEnd < ChargePeriodStart) AS first_before_start
FROM {lines};
