-- reads: usage_rows
-- HUGEINT has no type of its own in Parquet. Files and rows are for explanations alone.
SELECT * EXCLUDE (file, row) REPLACE (CAST(weight AS DECIMAL(38,0)) AS weight)
FROM usage_rows
ORDER BY meter, hour, tenant, quantity
