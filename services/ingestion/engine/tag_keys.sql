-- reads: {lines}
SELECT DISTINCT unnest(map_keys(Tags))
FROM {lines};
