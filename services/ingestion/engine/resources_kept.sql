-- reads: {lines}
SELECT count(DISTINCT md5_number_lower(ResourceId))
FROM {lines}
WHERE list_contains(CAST($digests AS UBIGINT[]), md5_number_lower(ResourceId));
