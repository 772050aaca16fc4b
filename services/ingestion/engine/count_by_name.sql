-- reads: {rows}
SELECT {name}, count(*)
FROM {rows}
GROUP BY 1;
