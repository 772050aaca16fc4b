-- Allocated charges and those that are taken whole, in the names of FOCUS 1.3.
CREATE TEMP TABLE focus AS
WITH metrics AS (
    SELECT CAST(parts.recipient AS BIGINT) AS charge, origins.metric, parts.units
    FROM parts
    JOIN origins USING (cell)
    UNION ALL
    SELECT known.charge, known.metric, known.units
    FROM known
    LEFT JOIN followed USING (origin)
    WHERE known.metric = {metric} OR followed.origin IS NULL
),
amounts AS (
    SELECT
        charge,
        {amounts}
    FROM metrics
    GROUP BY charge
),
payers AS (
    SELECT
        coalesce(x_Source, '') AS source,
        coalesce(x_Account, '') AS account,
        min(BillingAccountId) AS billing_account,
        min(ProviderName) AS provider,
        min(InvoiceIssuerName) AS issuer
    FROM {lines}
    GROUP BY ALL
),
services AS (
    SELECT coalesce(ServiceName, '') AS service, min(ServiceCategory) AS category
    FROM {lines}
    GROUP BY ALL
),
told AS (
    SELECT
        *,
        starts_with(charge_group, 'pool:') OR method IN ('pod', 'task')
            OR starts_with(tenant, 'idle:') AS is_allocated
    FROM charges
)
SELECT
    CASE WHEN is_allocated THEN method END AS AllocatedMethodId,
    CASE WHEN is_allocated THEN CAST(json_object('Elements', json_array(json_object(
        'AllocatedRatio', CASE WHEN origin_units <> 0 THEN CAST(
            CAST(told.units * 1000000000000 // origin_units AS DECIMAL(28,0))
            * CAST('0.000000000001' AS DECIMAL(12,12)) AS DECIMAL(38,12)
        ) END,
        'UsageUnit', nullif(driver, '')
    ))) AS VARCHAR) END AS AllocatedMethodDetails,
    CASE WHEN is_allocated THEN told.tenant END AS AllocatedResourceId,
    CASE WHEN is_allocated THEN coalesce(names.name, told.tenant) END AS AllocatedResourceName,
    CASE WHEN is_allocated THEN dimensions END AS AllocatedTags,
    amounts.* EXCLUDE (charge),
    payers.billing_account AS BillingAccountId,
    {currency} AS BillingCurrency,
    {ended_at} AS BillingPeriodEnd,
    {started_at} AS BillingPeriodStart,
    told.charge_category AS ChargeCategory,
    told.charge_group || ' by ' || told.method AS ChargeDescription,
    CAST(told.day AS TIMESTAMP) + INTERVAL 1 DAY AS ChargePeriodEnd,
    CAST(told.day AS TIMESTAMP) AS ChargePeriodStart,
    payers.issuer AS InvoiceIssuerName,
    payers.provider AS ProviderName,
    nullif(told.region, '') AS RegionId,
    services.category AS ServiceCategory,
    nullif(told.service, '') AS ServiceName,
    nullif(told.account, '') AS SubAccountId,
    dimensions AS Tags,
    told.charge_group AS x_ChargeGroup,
    nullif(told.driver, '') AS x_Driver,
    told.method AS x_Method,
    lpad(CAST(told.origin AS VARCHAR), 9, '0') AS x_OriginChargeId,
    nullif(told.rule, '') AS x_Rule,
    {run} AS x_RunId,
    told.source AS x_Source,
    told.tenant AS x_TenantId
FROM told
JOIN amounts USING (charge)
LEFT JOIN payers ON payers.source = told.source AND payers.account = told.account
LEFT JOIN services ON services.service = told.service
LEFT JOIN names ON names.tenant = told.tenant
ORDER BY told.charge;
