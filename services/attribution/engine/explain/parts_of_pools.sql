-- reads: explained_parts
SELECT *
FROM explained_parts
ORDER BY cell, item;
