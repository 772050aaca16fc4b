-- reads: {lines}
-- How many lines are of Savings Plans or fees, how many that are no discounts have net amounts, and
-- what the bill sums to without and with them: a discount is a row of its own among unblended amounts,
-- and within the net ones of what it is of. Both sum to one bill.
SELECT
    count(*) FILTER (
        WHERE line_item_line_item_type IN (
            'SavingsPlanCoveredUsage', 'SavingsPlanNegation', 'SavingsPlanUpfrontFee', 'Fee'
        )
    ),
    count(*) FILTER (
        WHERE line_item_net_unblended_cost IS NOT NULL AND line_item_line_item_type NOT LIKE '%Discount'
    ),
    coalesce(sum(CAST(line_item_unblended_cost AS DECIMAL(38,10))), 0),
    coalesce(sum(CAST(CASE
        WHEN line_item_line_item_type LIKE '%Discount' THEN coalesce(line_item_net_unblended_cost, '0')
        ELSE coalesce(line_item_net_unblended_cost, line_item_unblended_cost)
    END AS DECIMAL(38,10))), 0)
FROM {lines}
WHERE coalesce(line_item_operation, '') NOT IN ('EKSPod-EC2', 'ECSTask-EC2');
