-- reads: line_keys
SELECT DISTINCT {value}
FROM line_keys
WHERE {value} <> ''
ORDER BY 1;
