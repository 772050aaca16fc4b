-- reads: results
SELECT DISTINCT tenant, charge_group, method
FROM results
ORDER BY ALL;
