-- reads: usage_rows
-- A meter's units, and the first row of the one that came last.
WITH first_rows AS (
    SELECT meter, unit, min((file, row)) AS place
    FROM usage_rows
    WHERE unit <> ''
    GROUP BY meter, unit
),
mixed AS (
    SELECT meter, string_agg(unit, ', ' ORDER BY unit) AS listed, max(place) AS place
    FROM first_rows
    GROUP BY meter
    HAVING count(*) > 1
    ORDER BY meter
    LIMIT 1
)
SELECT meter, listed, place[1], place[2]
FROM mixed;
