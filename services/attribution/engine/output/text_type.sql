-- reads: result_lines, run
-- The values of one column as a type: so Parquet's writer has its dictionary at once.
CREATE TYPE {type} AS ENUM (
    SELECT DISTINCT {column}
    FROM result_lines
    CROSS JOIN run
    ORDER BY {column}
);
