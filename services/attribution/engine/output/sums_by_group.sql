-- reads: written_sums
SELECT source, account, service, charge_category, sum(amount)
FROM written_sums
GROUP BY ALL;
