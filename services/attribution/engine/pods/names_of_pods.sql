-- reads: workload_rows
SELECT DISTINCT {column}
FROM workload_rows
WHERE {column} <> ''
ORDER BY 1;
