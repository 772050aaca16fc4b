-- Every day is computed, and nothing kept is of use.
CREATE OR REPLACE TEMP TABLE due_days AS
SELECT day FROM day_prints;

CREATE OR REPLACE TEMP TABLE kept_days AS
SELECT day FROM day_prints LIMIT 0;

DROP TABLE IF EXISTS kept_lines;

DROP TABLE IF EXISTS kept_amounts;

DROP TABLE IF EXISTS kept_pool_hours;
