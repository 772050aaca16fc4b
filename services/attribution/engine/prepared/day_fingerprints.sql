-- reads: {of_bill}, usage  makes: day_fingerprints
-- A fingerprint of the inputs of each day of the bill: its lines and its signals.
CREATE OR REPLACE TEMP TABLE day_fingerprints AS
WITH of_signals AS (
    SELECT
        day,
        CAST(count(*) AS VARCHAR) || '|'
            || sum(hash(meter, hour, span, tenant, is_active, quantity, unit)) AS fingerprint
    FROM usage
    GROUP BY day
)
SELECT
    of_bill.day, of_bill.fingerprint || '|' || coalesce(of_signals.fingerprint, '') AS fingerprint
FROM {of_bill} AS of_bill
LEFT JOIN of_signals ON of_signals.day = of_bill.day;
