-- reads: focus_lines, tagset  makes: focus_mapped
-- FOCUS 1.0 and 1.2 as delivered: names stay, amounts are rounded once (half-up, away from zero).
CREATE OR REPLACE TEMP VIEW focus_mapped AS
SELECT
    staged.* EXCLUDE (BilledCost, EffectiveCost, ListCost, ContractedCost, Tags),
    CAST(BilledCost AS DECIMAL(18,10)) AS BilledCost,
    CAST(EffectiveCost AS DECIMAL(18,10)) AS EffectiveCost,
    CAST(ListCost AS DECIMAL(18,10)) AS ListCost,
    CAST(ContractedCost AS DECIMAL(18,10)) AS ContractedCost,
    tagset.tags AS Tags,
    '' AS line_suffix,
    coalesce(SubAccountId, BillingAccountId, '') AS x_Account,
    CAST(NULL AS VARCHAR) AS x_LineItemType,
    CAST(NULL AS VARCHAR) AS x_BillType,
    CAST(NULL AS VARCHAR) AS x_BillingEntity,
    CAST(NULL AS VARCHAR) AS x_IamPrincipal,
    CAST(NULL AS VARCHAR) AS x_UserIdentifier,
    CAST(NULL AS VARCHAR) AS x_SplitParentResourceId,
    CAST(NULL AS DECIMAL(38,15)) AS x_SplitUsage,
    CAST(NULL AS DECIMAL(38,15)) AS x_SplitUsageRatio,
    CAST(NULL AS DECIMAL(18,10)) AS x_SplitCost,
    CAST(NULL AS DECIMAL(18,10)) AS x_UnusedCost,
    CAST(NULL AS DECIMAL(38,15)) AS x_ReservedUsage,
    CAST(NULL AS DECIMAL(38,15)) AS x_ActualUsage
FROM focus_lines AS staged
LEFT JOIN tagset
    ON staged.tags_a IS NOT DISTINCT FROM tagset.tags_a
    AND staged.tags_b IS NOT DISTINCT FROM tagset.tags_b
    AND staged.tags_c IS NOT DISTINCT FROM tagset.tags_c;
