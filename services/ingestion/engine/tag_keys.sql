-- reads: {lines}
SELECT DISTINCT unnest(map_keys(Tags))
FROM (SELECT DISTINCT Tags FROM {lines});
