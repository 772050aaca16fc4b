-- reads: moved_costs
SELECT *
FROM moved_costs
ORDER BY ALL;
