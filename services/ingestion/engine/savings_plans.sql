-- reads: {lines}  adds to: savings_plan_lines, purchase_lines
-- Savings Plan usage and its negation, per plan, account, product code, usage type and hour, whatever
-- names they have; and the purchases of commitments whose cost is spread over their term.
INSERT INTO savings_plan_lines
SELECT
    coalesce(savings_plan_savings_plan_a_r_n, '') AS plan,
    coalesce(line_item_usage_account_id, bill_payer_account_id, '') AS account,
    coalesce(line_item_product_code, '') AS product_code,
    coalesce(line_item_usage_type, '') AS usage_type,
    line_item_usage_start_date AS started_at,
    coalesce(product_name, line_item_product_code, '') AS service,
    line_item_line_item_type = 'SavingsPlanNegation' AS is_negation,
    sum(CAST(coalesce(line_item_net_unblended_cost, line_item_unblended_cost) AS DECIMAL(38,10))),
    file,
    min(row)
FROM {lines}
WHERE line_item_line_item_type IN ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')
    AND coalesce(line_item_operation, '') NOT IN ('EKSPod-EC2', 'ECSTask-EC2')
GROUP BY ALL;

INSERT INTO purchase_lines
SELECT DISTINCT
    coalesce(savings_plan_savings_plan_a_r_n, reservation_reservation_a_r_n),
    coalesce(line_item_product_code, ''),
    coalesce(line_item_usage_type, '')
FROM {lines}
WHERE line_item_line_item_type = 'SavingsPlanUpfrontFee'
    OR line_item_line_item_type = 'Fee' AND reservation_reservation_a_r_n IS NOT NULL;
