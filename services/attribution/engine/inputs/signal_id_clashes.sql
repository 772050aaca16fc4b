-- reads: signals
-- The first event whose id another event of its source has, too; an event that is sent again is one.
WITH clashes AS (
    SELECT min((file, row)) AS place, id
    FROM signals
    WHERE id IS NOT NULL
    GROUP BY source, id
    HAVING count(DISTINCT (meter, start, consumer, quantity)) > 1
    ORDER BY ALL
    LIMIT 1
)
SELECT place[1], place[2], id
FROM clashes;
