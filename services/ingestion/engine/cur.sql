-- reads: {lines}, tagset, balanced_savings_plans, upfront_purchases, service_categories
-- CUR 2.0, and a legacy CUR under its names, to FOCUS 1.2 (AWS's data dictionary of the CUR). Amounts
-- are rounded once (half-up, away from zero). EffectiveCost follows AWS's own dashboards' rule for
-- amortised cost; the unused part of a commitment becomes a Usage line of its own, so that both
-- measures tie to the bill. A split cost row restates a part of its instance, so its own amounts are 0.
-- The rules of commitments and of net amounts: docs/reference/aws-bills.md.
WITH priced AS NOT MATERIALIZED (
    SELECT
        staged.*,
        tagset.tags AS tag_map,
        line_item_line_item_type AS line_type,
        coalesce(savings_plan_savings_plan_a_r_n, reservation_reservation_a_r_n) AS commitment,
        coalesce(line_item_operation IN ('EKSPod-EC2', 'ECSTask-EC2'), false) AS is_split,
        CASE
            WHEN is_split THEN 0
            WHEN line_type LIKE '%Discount' AND {is_net}
                THEN CAST(coalesce(line_item_net_unblended_cost, '0') AS {money})
            WHEN line_type LIKE '%Discount' THEN CAST(line_item_unblended_cost AS {money})
            ELSE CAST(coalesce(line_item_net_unblended_cost, line_item_unblended_cost) AS {money})
        END AS charged,
        balanced.plan IS NOT NULL AND NOT is_split AS is_balanced,
        balanced.rest,
        balanced.negation_file = file AND balanced.negation_row = row AS has_rest,
        -- What returns a purchase that this month leaves at 0 is at 0, whatever plan it is of.
        line_type = 'Refund' AND (
            upfront.commitment IS NOT NULL
            OR line_item_product_code LIKE '%SavingsPlans'
                AND coalesce(line_item_usage_type, '') NOT LIKE '%NoUpfront%'
        ) AS is_returned
    FROM {lines} AS staged
    LEFT JOIN tagset
        ON staged.tags_a IS NOT DISTINCT FROM tagset.tags_a
        AND staged.tags_b IS NOT DISTINCT FROM tagset.tags_b
        AND staged.tags_c IS NOT DISTINCT FROM tagset.tags_c
        AND staged.tags_d IS NOT DISTINCT FROM tagset.tags_d
    LEFT JOIN balanced_savings_plans AS balanced
        ON line_item_line_item_type IN ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')
        AND balanced.plan = coalesce(savings_plan_savings_plan_a_r_n, '')
        AND balanced.account = coalesce(line_item_usage_account_id, bill_payer_account_id, '')
        AND balanced.product_code = coalesce(line_item_product_code, '')
        AND balanced.usage_type = coalesce(line_item_usage_type, '')
        AND balanced.started_at = line_item_usage_start_date
    LEFT JOIN upfront_purchases AS upfront
        ON line_item_line_item_type = 'Refund'
        AND upfront.commitment
            = coalesce(savings_plan_savings_plan_a_r_n, reservation_reservation_a_r_n)
        AND upfront.product_code = coalesce(line_item_product_code, '')
        AND upfront.usage_type = coalesce(line_item_usage_type, '')
),
measured AS NOT MATERIALIZED (
    SELECT
        *,
        '' AS line_suffix,
        CASE WHEN is_balanced AND has_rest THEN rest WHEN is_balanced THEN 0 ELSE charged END AS billed,
        CASE
            WHEN is_split THEN 0
            WHEN line_type IN ('SavingsPlanCoveredUsage', 'DiscountedUsage') AND is_amortised_unknown
                THEN NULL
            WHEN line_type = 'SavingsPlanCoveredUsage' THEN CAST(coalesce(
                savings_plan_net_savings_plan_effective_cost, savings_plan_savings_plan_effective_cost
            ) AS {money})
            WHEN line_type = 'DiscountedUsage' THEN CAST(coalesce(
                reservation_net_effective_cost, reservation_effective_cost
            ) AS {money})
            WHEN line_type IN (
                'RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanNegation', 'SavingsPlanUpfrontFee'
            ) THEN 0
            WHEN line_type = 'Fee' AND reservation_reservation_a_r_n IS NOT NULL THEN 0
            WHEN is_returned THEN 0
            ELSE charged
        END AS effective
    FROM priced
    WHERE NOT (is_balanced AND line_type = 'SavingsPlanNegation' AND NOT (has_rest AND rest <> 0))
    UNION ALL
    SELECT
        *,
        ':unused' AS line_suffix,
        0 AS billed,
        CASE
            WHEN is_amortised_unknown THEN NULL
            WHEN line_type = 'SavingsPlanRecurringFee' THEN CAST(
                CAST(savings_plan_total_commitment_to_date AS {exact})
                - CAST(coalesce(savings_plan_used_commitment, '0') AS {exact})
            AS {money})
            WHEN coalesce(
                reservation_net_unused_amortized_upfront_fee_for_billing_period,
                reservation_unused_amortized_upfront_fee_for_billing_period,
                reservation_net_unused_recurring_fee, reservation_unused_recurring_fee
            ) IS NOT NULL THEN CAST(
                CAST(coalesce(
                    reservation_net_unused_amortized_upfront_fee_for_billing_period,
                    reservation_unused_amortized_upfront_fee_for_billing_period, '0'
                ) AS {exact})
                + CAST(coalesce(
                    reservation_net_unused_recurring_fee, reservation_unused_recurring_fee, '0'
                ) AS {exact})
            AS {money})
        END AS effective
    FROM priced
    WHERE line_type IN ('RIFee', 'SavingsPlanRecurringFee')
)
SELECT
    row,
    line_suffix,
    line_item_availability_zone AS AvailabilityZone,
    CAST(billed AS {money}) AS BilledCost,
    bill_payer_account_id AS BillingAccountId,
    bill_payer_account_name AS BillingAccountName,
    'Payer Account' AS BillingAccountType,
    line_item_currency_code AS BillingCurrency,
    bill_billing_period_end_date AS BillingPeriodEnd,
    bill_billing_period_start_date AS BillingPeriodStart,
    capacity_reservation_capacity_reservation_arn AS CapacityReservationId,
    capacity_reservation_capacity_reservation_status AS CapacityReservationStatus,
    CASE
        WHEN line_suffix <> '' THEN 'Usage'
        WHEN line_type IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage', 'SavingsPlanNegation')
            OR line_type LIKE '%Discount' THEN 'Usage'
        WHEN line_type IN (
            'Fee', 'RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'FlatRateSubscription'
        ) THEN 'Purchase'
        WHEN line_type IN ('Tax', 'Credit') THEN line_type
        WHEN line_type = 'Refund' THEN CASE WHEN commitment IS NULL THEN 'Usage' ELSE 'Purchase' END
        ELSE 'Adjustment'
    END AS ChargeCategory,
    CASE WHEN line_type = 'Refund' OR bill_bill_type = 'Refund' THEN 'Correction' END AS ChargeClass,
    line_item_line_item_description AS ChargeDescription,
    CASE
        WHEN line_type IN ('RIFee', 'SavingsPlanRecurringFee') AND line_suffix = '' THEN 'Recurring'
        WHEN line_type IN ('Fee', 'SavingsPlanUpfrontFee') THEN 'One-Time'
        ELSE 'Usage-Based'
    END AS ChargeFrequency,
    line_item_usage_end_date AS ChargePeriodEnd,
    line_item_usage_start_date AS ChargePeriodStart,
    CASE WHEN commitment IS NULL THEN NULL
        WHEN savings_plan_savings_plan_a_r_n IS NULL THEN 'Usage' ELSE 'Spend'
    END AS CommitmentDiscountCategory,
    commitment AS CommitmentDiscountId,
    CASE
        WHEN line_suffix <> '' THEN 'Unused'
        WHEN line_type IN ('DiscountedUsage', 'SavingsPlanCoveredUsage') THEN 'Used'
    END AS CommitmentDiscountStatus,
    CASE WHEN commitment IS NULL THEN NULL
        WHEN savings_plan_savings_plan_a_r_n IS NULL THEN 'Reserved Instance' ELSE 'Savings Plan'
    END AS CommitmentDiscountType,
    CASE WHEN line_suffix = '' AND line_type IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')
        THEN line_item_usage_amount END AS ConsumedQuantity,
    CASE WHEN line_suffix = '' AND line_type IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')
        THEN pricing_unit END AS ConsumedUnit,
    CASE WHEN line_suffix = '' THEN charged ELSE 0 END AS ContractedCost,
    CAST(effective AS {money}) AS EffectiveCost,
    bill_invoice_id AS InvoiceId,
    bill_invoicing_entity AS InvoiceIssuerName,
    CASE WHEN line_suffix <> '' OR is_split THEN 0
        ELSE coalesce(CAST(pricing_public_on_demand_cost AS {money}), CAST(billed AS {money}))
    END AS ListCost,
    pricing_public_on_demand_rate AS ListUnitPrice,
    CASE
        WHEN line_type IN ('Tax', 'Credit') THEN NULL
        WHEN commitment IS NOT NULL AND line_type IN ('DiscountedUsage', 'SavingsPlanCoveredUsage') THEN 'Committed'
        WHEN line_item_usage_type LIKE '%Spot%' THEN 'Dynamic'
        ELSE 'Standard'
    END AS PricingCategory,
    pricing_currency AS PricingCurrency,
    CASE WHEN line_suffix = '' THEN line_item_usage_amount END AS PricingQuantity,
    pricing_unit AS PricingUnit,
    'AWS' AS ProviderName,
    coalesce(line_item_legal_entity, 'AWS') AS PublisherName,
    product_region_code AS RegionId,
    product_location AS RegionName,
    CASE
        WHEN line_suffix <> '' OR line_type IN ('RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee')
            THEN coalesce(commitment, line_item_resource_id)
        ELSE line_item_resource_id
    END AS ResourceId,
    tag_map['Name'] AS ResourceName,
    service_categories.category AS ServiceCategory,
    coalesce(product_name, line_item_product_code) AS ServiceName,
    product_sku AS SkuId,
    line_item_usage_type AS SkuMeter,
    coalesce(pricing_rate_code, pricing_rate_id) AS SkuPriceId,
    line_item_usage_account_id AS SubAccountId,
    line_item_usage_account_name AS SubAccountName,
    'Linked Account' AS SubAccountType,
    tag_map AS Tags,
    coalesce(line_item_usage_account_id, bill_payer_account_id, '') AS x_Account,
    line_item_usage_type AS x_UsageType,
    line_item_operation AS x_Operation,
    coalesce(product_servicecode, line_item_product_code) AS x_ServiceCode,
    discount AS x_Discounts,
    line_type AS x_LineItemType,
    bill_bill_type AS x_BillType,
    bill_billing_entity AS x_BillingEntity,
    line_item_iam_principal AS x_IamPrincipal,
    line_item_user_identifier AS x_UserIdentifier,
    split_line_item_parent_resource_id AS x_SplitParentResourceId,
    split_line_item_split_usage AS x_SplitUsage,
    split_line_item_split_usage_ratio AS x_SplitUsageRatio,
    CAST(coalesce(split_line_item_net_split_cost, split_line_item_split_cost) AS {money})
        AS x_SplitCost,
    CAST(coalesce(split_line_item_net_unused_cost, split_line_item_unused_cost) AS {money})
        AS x_UnusedCost,
    split_line_item_reserved_usage AS x_ReservedUsage,
    split_line_item_actual_usage AS x_ActualUsage,
    -- What no CUR has.
    NULL AS AllocatedMethodDetails,
    NULL AS AllocatedMethodId,
    NULL AS AllocatedResourceId,
    NULL AS AllocatedResourceName,
    NULL AS CommitmentDiscountName,
    NULL AS CommitmentDiscountQuantity,
    NULL AS CommitmentDiscountUnit,
    NULL AS ContractApplied,
    NULL AS ContractedUnitPrice,
    NULL AS HostProviderName,
    NULL AS InvoiceDetailId,
    NULL AS PricingCurrencyContractedUnitPrice,
    NULL AS PricingCurrencyEffectiveCost,
    NULL AS PricingCurrencyListUnitPrice,
    NULL AS ResourceType,
    NULL AS ServiceProviderName,
    NULL AS ServiceSubcategory,
    NULL AS SkuPriceDetails
FROM measured
LEFT JOIN service_categories ON service_categories.code = line_item_product_code
