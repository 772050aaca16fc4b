-- reads: result_lines
CREATE TYPE {type} AS ENUM (
    SELECT DISTINCT {column}
    FROM result_lines
    ORDER BY {column}
);
