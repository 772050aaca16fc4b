-- reads: {lines}
-- Only digests up to a bound are sorted out, so that memory is the same for any number of ids.
SELECT DISTINCT md5_number_lower(ResourceId) AS digest
FROM {lines}
WHERE ResourceId <> '' AND md5_number_lower(ResourceId) <= $bound
ORDER BY digest
LIMIT $size;
