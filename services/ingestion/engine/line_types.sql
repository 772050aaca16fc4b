-- reads: {lines}
SELECT x_LineItemType, count(*), sum(BilledCost)
FROM {lines}
WHERE x_LineItemType IS NOT NULL
GROUP BY ALL
ORDER BY ALL;
