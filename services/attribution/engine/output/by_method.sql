-- reads: written_sums
SELECT method, sum(amount)
FROM written_sums
GROUP BY method
ORDER BY method;
