-- reads: {lines}
SELECT {filled}, approx_count_distinct(ResourceId) AS resource_count
FROM {lines};
