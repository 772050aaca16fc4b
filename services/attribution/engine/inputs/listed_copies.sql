-- reads: {rows}
SELECT file, first, row_count
FROM {rows}
ORDER BY file;
