-- reads: signals
-- Each consumer with the first row that names it, in the order of these.
WITH first_rows AS (
    SELECT consumer, min((file, row)) AS place
    FROM signals
    GROUP BY consumer
)
SELECT consumer, place[1], place[2]
FROM first_rows
ORDER BY place;
