-- reads: line_hours, {days}, stale_days
-- Facts by the hour where something is split by it, and by the day elsewhere.
SELECT
    days.kid,
    CAST(days.day AS TIMESTAMP) AS started_at,
    CAST(days.day AS TIMESTAMP) + INTERVAL 1 DAY AS ended_at,
    CAST(days.quanta AS HUGEINT) AS quanta
FROM {days} AS days
SEMI JOIN stale_days USING (day)
ANTI JOIN (
    SELECT DISTINCT kid, CAST(started_at AS DATE) AS day FROM line_hours
) AS hourly USING (kid, day)
UNION ALL
SELECT kid, started_at, ended_at, quanta
FROM line_hours
