-- reads: {hours}, {days}, stale_days  makes: line_facts
-- Facts by the hour where something is split by it, and by the day, as of its first hour, elsewhere.
CREATE OR REPLACE TEMP TABLE line_facts AS
SELECT
    days.kid,
    CAST(days.day AS TIMESTAMP) AS hour,
    CAST('day' AS span) AS span,
    CAST(days.quanta AS HUGEINT) AS quanta
FROM {days} AS days
SEMI JOIN stale_days USING (day)
ANTI JOIN (SELECT DISTINCT kid, CAST(hour AS DATE) AS day FROM {hours}) AS hourly USING (kid, day)
UNION ALL
SELECT kid, hour, span, CAST(quanta AS HUGEINT)
FROM {hours};
