-- reads: {rows}
SELECT {columns}, count(*)
FROM {rows}
WHERE {is_summed} IS NOT TRUE
GROUP BY ALL;
