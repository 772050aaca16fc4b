-- reads: written_sums
SELECT tenant, sum(amount)
FROM written_sums
GROUP BY tenant
ORDER BY tenant;
