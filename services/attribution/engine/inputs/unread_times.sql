-- reads: {table}
-- Each text that is no time as it has been read, once a file.
SELECT DISTINCT file, {written}
FROM {table}
WHERE {utc} IS NULL AND {written} IS NOT NULL
ORDER BY ALL;
