-- reads: {rows}
SELECT {columns}
FROM {rows}
