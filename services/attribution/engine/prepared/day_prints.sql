-- A fingerprint of the inputs of each day of the bill: its lines and its signals.
CREATE TEMP TABLE day_prints AS
WITH of_signals AS (
    SELECT
        day,
        CAST(count(*) AS VARCHAR) || '|'
            || sum(hash(meter, hour, span, tenant, is_active, quantity, unit)) AS print
    FROM usage
    GROUP BY day
)
SELECT bill.day, bill.print || '|' || coalesce(of_signals.print, '') AS print
FROM {prints} AS bill
LEFT JOIN of_signals ON of_signals.day = bill.day;
