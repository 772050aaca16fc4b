-- reads: {rows}
SELECT {number} AS part, *
FROM {rows}
