-- reads: written_sums
SELECT tenant, charge_group, method, cost_measure, sum(amount), currency
FROM written_sums
GROUP BY ALL
ORDER BY ALL;
