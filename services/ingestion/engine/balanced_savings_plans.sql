-- reads: savings_plan_lines, purchase_lines  makes: balanced_savings_plans, upfront_purchases
-- Covered usage is at 0 and its negation is left out, but for the rest by which they differ: the first
-- negation of the group has it. AWS rounds each row to ten digits.
CREATE OR REPLACE TEMP TABLE balanced_savings_plans AS
SELECT
    plan, account, product_code, usage_type, started_at,
    sum(charged) AS rest,
    (min((file, row)) FILTER (WHERE is_negation))[1] AS negation_file,
    (min((file, row)) FILTER (WHERE is_negation))[2] AS negation_row
FROM savings_plan_lines
GROUP BY ALL
HAVING bool_or(is_negation) AND NOT bool_and(is_negation);

CREATE OR REPLACE TEMP TABLE upfront_purchases AS
SELECT DISTINCT commitment, product_code, usage_type
FROM purchase_lines;
