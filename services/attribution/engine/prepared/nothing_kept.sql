-- reads: nothing  makes: no_fingerprints, no_days, no_lines, no_amounts, no_pool_hours
-- What a run would find that left nothing.
CREATE OR REPLACE TEMP TABLE no_fingerprints (day DATE, fingerprint VARCHAR);

CREATE OR REPLACE TEMP TABLE no_days (kid BIGINT, day DATE, quanta HUGEINT);

CREATE OR REPLACE TEMP TABLE no_lines (
    line BIGINT, allocation BIGINT, tenant VARCHAR, charge_group VARCHAR, service VARCHAR,
    account VARCHAR, region VARCHAR, method VARCHAR, rule VARCHAR, driver VARCHAR,
    dimensions VARCHAR, source VARCHAR, charge_category VARCHAR, reason VARCHAR, tag_key VARCHAR,
    tag_value VARCHAR
);

CREATE OR REPLACE TEMP TABLE no_amounts (day DATE, line BIGINT, quanta HUGEINT);

CREATE OR REPLACE TEMP TABLE no_pool_hours (
    pool VARCHAR, grain span, day DATE, hours BIGINT, covered BIGINT
);
