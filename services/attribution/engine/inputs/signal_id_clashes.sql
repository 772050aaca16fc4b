-- reads: signals, consumers
-- The first event whose id an earlier event of its source has that says something else: by value, so
-- that 1 and 1.0 are one quantity, and Z and +00:00 one time. An event that is sent again is one.
WITH repeated AS (
    SELECT source, id, min((file, row)) AS first
    FROM signals
    WHERE id IS NOT NULL
    GROUP BY source, id
    HAVING count(*) > 1
),
compared AS (
    SELECT
        one.file AS first_file,
        one.row AS first_row,
        two.file,
        two.row,
        two.id,
        CASE
            WHEN one.meter <> two.meter THEN ['meter', one.meter, two.meter]
            WHEN one.start_utc <> two.start_utc THEN ['start', one.start, two.start]
            WHEN of_one.tenant <> of_two.tenant THEN ['consumer', one.consumer, two.consumer]
            WHEN CAST(one.quantity AS DECIMAL(38,18)) <> CAST(two.quantity AS DECIMAL(38,18))
                THEN ['quantity', one.quantity, two.quantity]
            WHEN one.end_utc <> two.end_utc THEN ['end', one."end", two."end"]
            WHEN one.unit <> two.unit THEN ['unit', one.unit, two.unit]
        END AS difference
    FROM repeated
    JOIN signals AS one ON one.file = repeated.first[1] AND one.row = repeated.first[2]
    JOIN signals AS two
        ON two.id = repeated.id AND two.source IS NOT DISTINCT FROM repeated.source
        AND (two.file, two.row) > (one.file, one.row)
    JOIN consumers AS of_one ON of_one.consumer = one.consumer
    JOIN consumers AS of_two ON of_two.consumer = two.consumer
)
SELECT first_file, first_row, file, row, id, difference[1], difference[2], difference[3]
FROM compared
WHERE difference IS NOT NULL
ORDER BY file, row
LIMIT 1;
