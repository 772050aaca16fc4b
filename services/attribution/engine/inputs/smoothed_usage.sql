-- reads: {lines}  makes: smoothed_usage, smoothed_weights
-- The usage of the kinds of which a commitment covers some, and what each line has of the quantity.
-- AWS's operation tells Linux from Windows, which have one usage type and two prices; a bill without
-- operations has its SKU, which is the same for covered usage and for the rest.
-- Lines are numbered by their content, so that nothing depends on their order.
CREATE OR REPLACE TEMP TABLE smoothed_usage AS
WITH usage AS (
    SELECT
        filename,
        file_row_number,
        coalesce(x_Source, '') AS source,
        coalesce(x_Account, '') AS account,
        coalesce(ServiceName, '') AS service,
        coalesce(ChargeCategory, '') AS charge_category,
        CAST(EffectiveCost * 10000000000 AS HUGEINT) AS quanta,
        CAST(replace(CAST(ConsumedQuantity AS VARCHAR), '.', '') AS HUGEINT) AS quantity,
        coalesce(CommitmentDiscountStatus, '') = 'Used' AS is_covered,
        md5(CAST(struct_pack(
            ResourceId, Tags, EffectiveCost, BilledCost, ListCost, SkuId, SkuPriceId,
            PricingCategory, CommitmentDiscountId, ChargeDescription, ServiceCategory, x_Operation
        ) AS VARCHAR)) AS content,
        CAST(struct_pack(
            x_Source, scope := {scope}, ServiceName, RegionId, usage_type := coalesce(x_UsageType, SkuMeter),
            operation := coalesce(nullif(x_Operation, ''), SkuId), ConsumedUnit, ChargePeriodStart, ChargePeriodEnd
        ) AS VARCHAR) AS kind
    FROM {lines}
    WHERE ChargeCategory = 'Usage'
        AND coalesce(CommitmentDiscountStatus, '') <> 'Unused'
        AND coalesce(ChargeClass, '') <> 'Correction'
        AND ConsumedQuantity > 0
        AND EffectiveCost IS NOT NULL
),
kinds AS (
    SELECT kind, row_number() OVER (ORDER BY kind) AS cell
    FROM usage
    GROUP BY kind
    HAVING bool_or(is_covered) AND count(*) > 1
)
SELECT
    kinds.cell,
    usage.filename,
    usage.file_row_number,
    usage.source,
    usage.account,
    usage.service,
    usage.charge_category,
    usage.quanta,
    usage.quantity,
    lpad(CAST(
        row_number() OVER (PARTITION BY kinds.cell ORDER BY content, quantity) AS VARCHAR
    ), 12, '0') AS line
FROM usage
JOIN kinds USING (kind);

CREATE OR REPLACE TEMP TABLE smoothed_weights AS
SELECT
    cell,
    CAST(sum(quanta) OVER (PARTITION BY cell) AS HUGEINT) AS quanta,
    line AS recipient,
    quantity AS weight,
    CAST(sum(quantity) OVER (PARTITION BY cell) AS HUGEINT) AS total,
    0 AS level
FROM smoothed_usage;
