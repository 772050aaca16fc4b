-- reads: {mapped}
SELECT {columns}
FROM {mapped} AS mapped
