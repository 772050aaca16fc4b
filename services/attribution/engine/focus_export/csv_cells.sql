-- reads: {rows}
SELECT {cells}
FROM {rows}
