-- reads: amounts
-- HUGEINT has no type of its own in Parquet.
SELECT * REPLACE (CAST(units AS DECIMAL(38,0)) AS units)
FROM amounts
ORDER BY day, line
