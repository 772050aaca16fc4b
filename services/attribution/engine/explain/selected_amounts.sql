-- reads: selected
SELECT charge_group, method, sum(quanta)
FROM selected
GROUP BY ALL
ORDER BY ALL;
