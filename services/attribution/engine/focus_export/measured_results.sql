-- reads: results
-- HUGEINT has no type of its own in Parquet.
SELECT
    {metric} AS metric,
    * EXCLUDE (reason, tag_key, tag_value, units),
    CAST(sum(units) AS DECIMAL(38,0)) AS units
FROM results
GROUP BY ALL
