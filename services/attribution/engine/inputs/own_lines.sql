-- reads: {lines}
SELECT * EXCLUDE (moved_to)
FROM {lines}
WHERE moved_to = ''
