-- reads: {weights}
-- How many there are, and of them those of cells that are split in Python: `weights_beyond_127_bits`.
SELECT count(*), count(*) FILTER (
    WHERE CAST(abs(quanta) AS DOUBLE) * CAST(total AS DOUBLE) >= 1e38
)
FROM {weights};
