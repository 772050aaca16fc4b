-- reads: {lines}
SELECT *
FROM {lines}
WHERE NOT {is_split_row}
