-- reads: {lines}
SELECT DISTINCT unnest(map_keys(Tags)) AS key
FROM {lines}
ORDER BY key;
