-- reads: {rows}
SELECT {columns}, count(*), {sums}
FROM {rows}
WHERE {is_summed}
GROUP BY ALL;
