-- reads: {staged}
-- Each text that is no time as it stands, once.
SELECT DISTINCT {written}
FROM {staged}
WHERE {time} IS NULL AND {written} IS NOT NULL
ORDER BY ALL;
