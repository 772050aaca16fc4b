-- reads: {lines}
SELECT DISTINCT filename
FROM {lines}
WHERE moved_to <> '';
