-- reads: explained_groups
SELECT DISTINCT * EXCLUDE (kid, started_at, ended_at, day, tenant, dimensions, source)
FROM explained_groups
ORDER BY number;
