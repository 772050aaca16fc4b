-- reads: explained_groups
SELECT DISTINCT * EXCLUDE (kid, hour, span, day, tenant, dimensions, source)
FROM explained_groups
ORDER BY number;
