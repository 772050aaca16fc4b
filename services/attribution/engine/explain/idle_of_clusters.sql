-- reads: explained_idle
SELECT *
FROM explained_idle
ORDER BY cluster_item, item;
