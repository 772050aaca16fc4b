-- reads: {table}
SELECT count(*)
FROM {table}
WHERE file = $file;
