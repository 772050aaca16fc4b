-- reads: {rows}
SELECT {row} AS row, {columns}
FROM {rows}
