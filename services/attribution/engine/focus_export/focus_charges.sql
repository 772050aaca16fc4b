-- reads: metric_parts, origins, known, followed, charges, tenant_names, {lines}  makes: focus_charges
-- Allocated charges and those that are taken whole, in the names of FOCUS 1.3.
CREATE OR REPLACE TEMP TABLE focus_charges AS
WITH metrics AS (
    SELECT CAST(metric_parts.recipient AS BIGINT) AS charge, origins.metric, metric_parts.quanta
    FROM metric_parts
    JOIN origins USING (cell)
    UNION ALL
    SELECT known.charge, known.metric, known.quanta
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
marked AS (
    SELECT
        *,
        starts_with(charge_group, {POOL}) OR method IN ({METHOD_POD}, {METHOD_TASK})
            OR starts_with(tenant, {IDLE}) AS is_allocated
    FROM charges
)
SELECT
    CASE WHEN is_allocated THEN method END AS AllocatedMethodId,
    CASE WHEN is_allocated THEN CAST(json_object('Elements', json_array(json_object(
        'AllocatedRatio', CASE WHEN origin_quanta <> 0 THEN CAST(
            CAST(marked.quanta * 1000000000000 // origin_quanta AS DECIMAL(28,0))
            * CAST('0.000000000001' AS DECIMAL(12,12)) AS DECIMAL(38,12)
        ) END,
        'UsageUnit', nullif(driver, '')
    ))) AS VARCHAR) END AS AllocatedMethodDetails,
    CASE WHEN is_allocated THEN marked.tenant END AS AllocatedResourceId,
    CASE WHEN is_allocated THEN coalesce(tenant_names.name, marked.tenant) END AS AllocatedResourceName,
    CASE WHEN is_allocated THEN dimensions END AS AllocatedTags,
    amounts.* EXCLUDE (charge),
    payers.billing_account AS BillingAccountId,
    {currency} AS BillingCurrency,
    {ended_at} AS BillingPeriodEnd,
    {started_at} AS BillingPeriodStart,
    marked.charge_category AS ChargeCategory,
    marked.charge_group || ' by ' || marked.method AS ChargeDescription,
    CAST(marked.day AS TIMESTAMP) + INTERVAL 1 DAY AS ChargePeriodEnd,
    CAST(marked.day AS TIMESTAMP) AS ChargePeriodStart,
    payers.issuer AS InvoiceIssuerName,
    payers.provider AS ProviderName,
    nullif(marked.region, '') AS RegionId,
    services.category AS ServiceCategory,
    nullif(marked.service, '') AS ServiceName,
    nullif(marked.account, '') AS SubAccountId,
    dimensions AS Tags,
    marked.charge_group AS x_ChargeGroup,
    nullif(marked.driver, '') AS x_Driver,
    marked.method AS x_Method,
    lpad(CAST(marked.origin AS VARCHAR), 9, '0') AS x_OriginChargeId,
    nullif(marked.rule, '') AS x_Rule,
    {run} AS x_RunId,
    marked.source AS x_Source,
    marked.tenant AS x_TenantId
FROM marked
JOIN amounts USING (charge)
LEFT JOIN payers ON payers.source = marked.source AND payers.account = marked.account
LEFT JOIN services ON services.service = marked.service
LEFT JOIN tenant_names ON tenant_names.tenant = marked.tenant
ORDER BY marked.charge;
