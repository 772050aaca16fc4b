-- reads: {weights}, {large}  makes: {parts}
-- The money kernel: whole quanta of a cell by largest remainder, ties by recipient, for a total of
-- either sign. Cells whose product would leave 127 bits come split from largest_remainder.py.
-- A quotient below 2^50 is guessed in floating point, which is off by one at most, and put right in
-- whole numbers: dividing those is slow.
CREATE OR REPLACE TEMP TABLE {parts} AS
WITH products AS (
    SELECT
        cell,
        recipient,
        quanta,
        level,
        total,
        quanta * weight AS product,
        CASE
            WHEN abs(quanta) < 1125899906842624
            THEN CAST(floor(
                CAST(quanta AS DOUBLE) * CAST(weight AS DOUBLE) / CAST(total AS DOUBLE)
            ) AS HUGEINT)
            ELSE quanta * weight // total
        END AS guess
    FROM {weights}
    WHERE CAST(abs(quanta) AS DOUBLE) * CAST(total AS DOUBLE) < 1e38
),
guessed AS (
    SELECT *, product - guess * total AS rest
    FROM products
),
floored AS (
    SELECT
        *,
        CASE WHEN rest < 0 THEN guess - 1 WHEN rest >= total THEN guess + 1 ELSE guess END
            AS quotient,
        CASE WHEN rest < 0 THEN rest + total WHEN rest >= total THEN rest - total ELSE rest END
            AS remainder
    FROM guessed
),
ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY cell ORDER BY remainder DESC, recipient) AS place,
        quanta - sum(quotient) OVER (PARTITION BY cell) AS quanta_left
    FROM floored
)
SELECT
    cell,
    recipient,
    level,
    quotient + CASE WHEN place <= quanta_left THEN 1 ELSE 0 END AS quanta
FROM ranked
UNION ALL
SELECT cell, recipient, level, quanta
FROM {large};
