-- reads: {lines}, tagset
-- FOCUS 1.0 to 1.4 as delivered: names stay, amounts are rounded once (half-up, away from zero). Where
-- 1.4 has no provider and publisher any more, they are the service's provider and the host's.
SELECT
    staged.* EXCLUDE (BilledCost, EffectiveCost, ListCost, ContractedCost, Tags, AllocatedTags, ProviderName,
        PublisherName),
    coalesce(ProviderName, ServiceProviderName) AS ProviderName,
    coalesce(PublisherName, HostProviderName) AS PublisherName,
    CAST(BilledCost AS {money}) AS BilledCost,
    CAST(EffectiveCost AS {money}) AS EffectiveCost,
    CAST(ListCost AS {money}) AS ListCost,
    CAST(ContractedCost AS {money}) AS ContractedCost,
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
    CAST(NULL AS {money}) AS x_SplitCost,
    CAST(NULL AS {money}) AS x_UnusedCost,
    CAST(NULL AS DECIMAL(38,15)) AS x_ReservedUsage,
    CAST(NULL AS DECIMAL(38,15)) AS x_ActualUsage
FROM {lines} AS staged
LEFT JOIN tagset
    ON staged.tags_a IS NOT DISTINCT FROM tagset.tags_a
    AND staged.tags_b IS NOT DISTINCT FROM tagset.tags_b
    AND staged.tags_c IS NOT DISTINCT FROM tagset.tags_c
    AND staged.tags_d IS NOT DISTINCT FROM tagset.tags_d
