-- reads: {lines}, resources
SELECT
    lines.*,
    resources.place AS resource_place,
    resources.carrier AS resource_carrier,
    resources.cluster AS resource_cluster
FROM {lines} AS lines
LEFT JOIN resources ON resources.resource = {resource}
