-- reads: {lines}
SELECT * EXCLUDE (moved_to)
FROM {lines}
WHERE moved_to = {month} AND x_Source = {source}
