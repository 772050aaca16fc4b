-- reads: savings_plan_lines
-- Groups of an hour whose negations don't sum to 0 with their usage, apart those that have no usage.
WITH rests AS (
    SELECT usage_type, started_at, bool_and(is_negation) AS is_alone, sum(charged) AS rest
    FROM savings_plan_lines
    GROUP BY plan, account, product_code, usage_type, started_at
    HAVING bool_or(is_negation) AND sum(charged) <> 0
)
SELECT
    is_alone, count(*), sum(rest), max(abs(rest)),
    min((started_at, usage_type))[1], min((started_at, usage_type))[2]
FROM rests
GROUP BY is_alone
ORDER BY is_alone;
