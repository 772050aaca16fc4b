-- reads: amounts
-- HUGEINT has no type of its own in Parquet.
SELECT * REPLACE (CAST(quanta AS DECIMAL(38,0)) AS quanta)
FROM amounts
ORDER BY day, line
