-- reads: cur_lines  adds to: savings_plan_groups
-- Savings Plan usage and its negation, per plan, account, service, usage type and hour. Where they
-- cancel out, both are left out of BilledCost; a group that does not is kept as it was billed.
INSERT INTO savings_plan_groups
SELECT
    coalesce(savings_plan_savings_plan_a_r_n, '') AS plan,
    coalesce(line_item_usage_account_id, bill_payer_account_id, '') AS account,
    coalesce(product_name, line_item_product_code, '') AS service,
    coalesce(line_item_usage_type, '') AS usage_type,
    line_item_usage_start_date AS started_at,
    sum(CAST(coalesce(line_item_net_unblended_cost, line_item_unblended_cost) AS DECIMAL(18,10)))
FROM cur_lines
WHERE line_item_line_item_type IN ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')
    AND coalesce(line_item_operation, '') NOT IN ('EKSPod-EC2', 'ECSTask-EC2')
GROUP BY ALL;
