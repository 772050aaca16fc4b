-- reads: smoothed_costs
SELECT DISTINCT filename
FROM smoothed_costs;
