-- reads: explained_items
SELECT *
FROM explained_items;
