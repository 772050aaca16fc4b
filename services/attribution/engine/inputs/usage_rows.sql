-- reads: signals, consumers, tenants  makes: usage_rows
-- Signals once each, placed in time and given to their tenant. `weight` is the quantity as an
-- integer: times the power of ten that leaves no decimals of the meter.
CREATE OR REPLACE TEMP TABLE usage_rows AS
WITH numbered AS (
    SELECT *, row_number() OVER (PARTITION BY source, id ORDER BY file, row) AS copy
    FROM signals
    WHERE id IS NOT NULL
),
single AS (
    SELECT * FROM signals WHERE id IS NULL
    UNION ALL
    SELECT * EXCLUDE (copy) FROM numbered WHERE copy = 1
),
placed AS (
    SELECT
        single.file,
        single.row,
        single.meter,
        single.start_utc AS started_at,
        single.end_utc AS ended_at,
        consumers.tenant,
        CAST(single.quantity AS DECIMAL(38,18)) AS quantity,
        coalesce(single.unit, '') AS unit
    FROM single
    JOIN consumers ON consumers.consumer = single.consumer
),
written AS (
    SELECT
        *,
        split_part(CAST(quantity AS VARCHAR), '.', 1) AS whole,
        split_part(CAST(quantity AS VARCHAR), '.', 2) AS decimals
    FROM placed
),
scales AS (
    SELECT meter, max(length(rtrim(decimals, '0'))) AS scale FROM written GROUP BY meter
)
SELECT
    written.file,
    written.row,
    written.meter,
    date_trunc('hour', started_at) AS hour,
    CASE
        WHEN ended_at IS NULL OR ended_at <= date_trunc('hour', started_at) + INTERVAL 1 HOUR
            THEN CAST('hour' AS span)
        WHEN ended_at <= date_trunc('day', started_at) + INTERVAL 1 DAY THEN CAST('day' AS span)
        ELSE CAST('period' AS span)
    END AS span,
    CAST(started_at AS DATE) AS day,
    written.tenant,
    (tenants.active_from IS NULL OR tenants.active_from <= CAST(started_at AS DATE))
        AND (tenants.active_to IS NULL OR CAST(started_at AS DATE) < tenants.active_to) AS is_active,
    quantity,
    CAST(whole || substr(decimals, 1, scale) AS HUGEINT) AS weight,
    CAST(scales.scale AS INTEGER) AS scale,
    unit
FROM written
JOIN scales ON scales.meter = written.meter
LEFT JOIN tenants ON tenants.tenant = written.tenant;
