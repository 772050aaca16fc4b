-- reads: {lines}
SELECT *, {columns}
FROM {lines}
