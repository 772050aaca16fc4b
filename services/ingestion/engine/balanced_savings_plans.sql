-- reads: savings_plan_groups  makes: balanced_savings_plans
CREATE OR REPLACE TEMP TABLE balanced_savings_plans AS
SELECT plan, account, service, usage_type, started_at
FROM savings_plan_groups
GROUP BY ALL
HAVING sum(charged) = 0;
