-- reads: selected
SELECT charge_group, method, sum(units)
FROM selected
GROUP BY ALL
ORDER BY ALL;
