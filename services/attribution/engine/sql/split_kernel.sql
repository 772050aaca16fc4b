-- The money kernel: whole units of a cell by largest remainder, ties by recipient, for a total of
-- either sign. Cells whose product would leave 127 bits are split beside it (see money_kernel.py).
CREATE OR REPLACE TEMP TABLE parts AS
WITH floored AS (
    SELECT
        cell,
        recipient,
        units,
        level,
        (units * weight - ((units * weight) % total + total) % total) // total AS quotient,
        ((units * weight) % total + total) % total AS remainder
    FROM weighed
    WHERE CAST(abs(units) AS DOUBLE) * CAST(total AS DOUBLE) < 1e38
),
ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY cell ORDER BY remainder DESC, recipient) AS place,
        units - sum(quotient) OVER (PARTITION BY cell) AS units_left
    FROM floored
)
SELECT
    cell,
    recipient,
    level,
    quotient + CASE WHEN place <= units_left THEN 1 ELSE 0 END AS units
FROM ranked;
