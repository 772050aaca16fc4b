-- Days whose inputs are as they were, and what came out then.
CREATE TEMP TABLE kept_days AS
SELECT day_prints.day
FROM day_prints
JOIN {days} AS kept ON kept.day = day_prints.day AND kept.print = day_prints.print;

CREATE TEMP TABLE due_days AS
SELECT day
FROM day_prints
ANTI JOIN kept_days USING (day);

CREATE TEMP TABLE kept_amounts AS
SELECT kept.day, kept.line, CAST(kept.units AS HUGEINT) AS units
FROM {amounts} AS kept
JOIN kept_days ON kept_days.day = kept.day;

CREATE TEMP TABLE kept_lines AS
SELECT * EXCLUDE (allocation)
FROM {lines}
WHERE line IN (SELECT line FROM kept_amounts);

CREATE TEMP TABLE kept_pool_hours AS
SELECT kept.*
FROM {pool_hours} AS kept
JOIN kept_days ON kept_days.day = kept.day;
