-- Facts by the hour where something is split by it, and by the day, as of its first hour, elsewhere.
CREATE OR REPLACE TEMP TABLE facts AS
WITH by_hour AS (
    SELECT kid, hour, span, CAST(sum(units) AS HUGEINT) AS units
    FROM hourly
    GROUP BY ALL
)
SELECT days.kid, CAST(days.day AS TIMESTAMP) AS hour, 2 AS span, CAST(days.units AS HUGEINT) AS units
FROM {days} AS days
SEMI JOIN due_days USING (day)
ANTI JOIN (SELECT DISTINCT kid, CAST(hour AS DATE) AS day FROM by_hour) AS asked USING (kid, day)
UNION ALL
SELECT * FROM by_hour;
