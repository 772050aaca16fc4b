-- reads: tenant_parts, {lines}  makes: focus_lines
-- What of each bill line went to the tenant, beside what the line itself is.
CREATE OR REPLACE TEMP TABLE focus_lines AS
SELECT
    CASE WHEN is_allocated THEN parts.method END AS AllocatedMethodId,
    CASE WHEN is_allocated THEN {tenant} END AS AllocatedResourceId,
    lines.BillingAccountId,
    lines.BillingCurrency,
    lines.BillingPeriodEnd,
    lines.BillingPeriodStart,
    lines.ChargeCategory,
    lines.ChargeClass,
    lines.ChargeDescription,
    lines.ChargePeriodEnd,
    lines.ChargePeriodStart,
    CAST(
        CAST(parts.quanta AS DECIMAL(28,0)) * CAST('0.0000000001' AS DECIMAL(10,10))
        AS DECIMAL(38,10)
    ) AS {measure},
    lines.RegionId,
    lines.ResourceId,
    lines.ServiceCategory,
    lines.ServiceName,
    lines.SkuId,
    lines.SkuMeter,
    lines.SubAccountId,
    CAST(to_json(lines.Tags) AS VARCHAR) AS Tags,
    parts.charge_group AS x_ChargeGroup,
    nullif(parts.driver, '') AS x_Driver,
    lines.x_LineId,
    parts.method AS x_Method,
    lines.{measure} AS x_OriginCost,
    nullif(parts.rule, '') AS x_Rule,
    {run} AS x_RunId,
    lines.x_Source,
    {tenant} AS x_TenantId
FROM (
    SELECT
        *,
        starts_with(charge_group, {POOL}) OR method IN ({METHOD_POD}, {METHOD_TASK})
            OR starts_with({tenant}, {IDLE}) AS is_allocated
    FROM tenant_parts
) AS parts
JOIN {lines} AS lines ON coalesce(lines.x_Source, '') = parts.source AND lines.x_LineId = parts.line
ORDER BY
    lines.ChargePeriodStart, parts.source, parts.line, parts.charge_group, parts.method, parts.rule,
    parts.driver;
