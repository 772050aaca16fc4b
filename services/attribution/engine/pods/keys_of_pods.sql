-- reads: workload_rows
-- The keys of the JSON objects in one column.
SELECT DISTINCT unnest(json_keys(CAST(written AS JSON))) AS key
FROM (SELECT DISTINCT {column} AS written FROM workload_rows WHERE {column} IS NOT NULL)
ORDER BY key;
