-- reads: results
-- HUGEINT has no type of its own in Parquet.
SELECT
    {metric} AS metric,
    * EXCLUDE (reason, tag_key, tag_value, quanta),
    CAST(sum(quanta) AS DECIMAL(38,0)) AS quanta
FROM results
GROUP BY ALL
