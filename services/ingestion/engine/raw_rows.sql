-- reads: {rows}
SELECT {columns}, count(*)
FROM {rows}
GROUP BY ALL;
