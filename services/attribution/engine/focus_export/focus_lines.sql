-- What of each bill line went to the tenant, beside what the line itself is.
CREATE TEMP TABLE focus AS
SELECT
    CASE WHEN is_allocated THEN went.method END AS AllocatedMethodId,
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
        CAST(went.units AS DECIMAL(28,0)) * CAST('0.0000000001' AS DECIMAL(10,10))
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
    went.charge_group AS x_ChargeGroup,
    nullif(went.driver, '') AS x_Driver,
    lines.x_LineId,
    went.method AS x_Method,
    lines.{measure} AS x_OriginCost,
    nullif(went.rule, '') AS x_Rule,
    {run} AS x_RunId,
    lines.x_Source,
    {tenant} AS x_TenantId
FROM (
    SELECT
        *,
        starts_with(charge_group, 'pool:') OR method IN ('pod', 'task')
            OR starts_with({tenant}, 'idle:') AS is_allocated
    FROM went
) AS went
JOIN {lines} AS lines ON coalesce(lines.x_Source, '') = went.source AND lines.x_LineId = went.line
ORDER BY
    lines.ChargePeriodStart, went.source, went.line, went.charge_group, went.method, went.rule,
    went.driver;
