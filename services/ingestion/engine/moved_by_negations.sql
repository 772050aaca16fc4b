-- reads: savings_plan_lines, balanced_savings_plans
-- By account and service, what leaving out covered usage and negations takes from the one and gives to
-- the other, where the two have different names; all of it sums to 0.
WITH moved AS (
    SELECT
        account, service, -charged AS charged
    FROM savings_plan_lines
    SEMI JOIN balanced_savings_plans USING (plan, account, product_code, usage_type, started_at)
    UNION ALL
    SELECT balanced.account, lines.service, balanced.rest
    FROM balanced_savings_plans AS balanced
    JOIN savings_plan_lines AS lines USING (plan, account, product_code, usage_type, started_at)
    WHERE lines.is_negation
        AND lines.file = balanced.negation_file AND lines.row = balanced.negation_row
)
SELECT account, service, sum(charged)
FROM moved
GROUP BY ALL
HAVING sum(charged) <> 0
ORDER BY ALL;
