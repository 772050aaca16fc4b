-- reads: nothing  makes: kept_days, stale_days, kept_amounts, kept_lines, kept_pool_hours
-- Days whose inputs are as they were, what came out then, and the other days: none yet.
CREATE OR REPLACE TEMP TABLE kept_days (day DATE);

CREATE OR REPLACE TEMP TABLE stale_days (day DATE);

CREATE OR REPLACE TEMP TABLE kept_amounts (day DATE, line BIGINT, quanta HUGEINT);

CREATE OR REPLACE TEMP TABLE kept_lines (
    line BIGINT, tenant VARCHAR, charge_group VARCHAR, service VARCHAR, account VARCHAR,
    region VARCHAR, method VARCHAR, rule VARCHAR, driver VARCHAR, dimensions VARCHAR,
    source VARCHAR, charge_category VARCHAR, reason VARCHAR, tag_key VARCHAR, tag_value VARCHAR
);

CREATE OR REPLACE TEMP TABLE kept_pool_hours (
    pool VARCHAR, grain span, day DATE, hours BIGINT, covered BIGINT
);
