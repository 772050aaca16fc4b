-- reads: {days}, {fingerprints}, {amounts}, {lines}, {pool_hours}
--     makes: kept_days, stale_days, kept_amounts, kept_lines, kept_pool_hours
-- Days whose inputs are as they were, and what came out then.
CREATE OR REPLACE TEMP TABLE kept_days AS
SELECT days.day
FROM {days} AS days
JOIN {fingerprints} AS kept ON kept.day = days.day AND kept.fingerprint = days.fingerprint;

CREATE OR REPLACE TEMP TABLE stale_days AS
SELECT day
FROM {days}
ANTI JOIN kept_days USING (day);

CREATE OR REPLACE TEMP TABLE kept_amounts AS
SELECT kept.day, kept.line, CAST(kept.quanta AS HUGEINT) AS quanta
FROM {amounts} AS kept
JOIN kept_days ON kept_days.day = kept.day;

CREATE OR REPLACE TEMP TABLE kept_lines AS
SELECT * EXCLUDE (allocation)
FROM {lines}
WHERE line IN (SELECT line FROM kept_amounts);

CREATE OR REPLACE TEMP TABLE kept_pool_hours AS
SELECT kept.* REPLACE (CAST(kept.grain AS span) AS grain)
FROM {pool_hours} AS kept
JOIN kept_days ON kept_days.day = kept.day;
