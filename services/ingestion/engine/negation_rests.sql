-- reads: balanced_savings_plans
SELECT count(*), coalesce(sum(rest), 0), coalesce(max(abs(rest)), 0)
FROM balanced_savings_plans
WHERE rest <> 0;
