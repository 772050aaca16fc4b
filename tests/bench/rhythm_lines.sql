-- The bill beside `rhythm_signals.sql`: three pools whose cost of an hour is a fixed part and one by
-- use, and what each tenant costs directly, which follows its use loosely.
WITH pool_hours AS (
    SELECT pool, start, sum(quantity) AS used FROM signals GROUP BY ALL
),
costs AS (
    SELECT pool AS usage_type, start, '' AS tenant, 0.5 + used * 4e-7 AS cost FROM pool_hours
    UNION ALL
    SELECT
        'box',
        start,
        consumer,
        sum(quantity) * 2e-7 * (0.2 + hash(consumer, 'direct', getvariable('seed')) % 1000 / 250.0)
    FROM signals
    GROUP BY consumer, start
)
SELECT
    CAST(cost AS DECIMAL(18,10)) AS BilledCost,
    CAST(cost AS DECIMAL(18,10)) AS EffectiveCost,
    'USD' AS BillingCurrency,
    'Usage' AS ChargeCategory,
    start AS ChargePeriodStart,
    start + INTERVAL 1 HOUR AS ChargePeriodEnd,
    'Amazon Elastic Compute Cloud' AS ServiceName,
    'Compute' AS ServiceCategory,
    'aws' AS x_Source,
    'FOCUS 1.2' AS x_SourceFormat,
    '000000000001' AS x_Account,
    usage_type || '-usage' AS x_UsageType,
    '0:' || row_number() OVER () AS x_LineId,
    MAP {'customer': tenant} AS Tags
FROM costs
