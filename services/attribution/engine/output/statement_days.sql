-- reads: {rows}
SELECT tenant, day, charge_group, sum(amount)
FROM {rows}
GROUP BY ALL
ORDER BY ALL;
