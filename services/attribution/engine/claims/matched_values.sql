-- reads: matched_values
SELECT value
FROM matched_values
WHERE key = {key}
