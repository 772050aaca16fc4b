-- reads: nothing
--     stands in for: cells, buckets, driver_buckets, covers, routes, chosen, shares, items, item_parts,
--     pooled_amounts
-- What others read of pools, where no line went to one.
CREATE OR REPLACE TEMP TABLE cells (
    cell BIGINT, pool VARCHAR, grain span, bucket TIMESTAMP, bucket_end TIMESTAMP, day DATE,
    service VARCHAR, account VARCHAR, region VARCHAR, rule VARCHAR, dimensions VARCHAR,
    source VARCHAR, charge_category VARCHAR, quanta HUGEINT
);

CREATE OR REPLACE TEMP TABLE buckets (
    pool VARCHAR, grain span, bucket TIMESTAMP, bucket_end TIMESTAMP
);

CREATE OR REPLACE TEMP TABLE driver_buckets (
    pool VARCHAR, level INTEGER, scope VARCHAR, own_grain span, bucket TIMESTAMP,
    bucket_end TIMESTAMP, grain span, moment TIMESTAMP, moment_end TIMESTAMP
);

CREATE OR REPLACE TEMP TABLE covers (
    grain span, moment TIMESTAMP, moment_end TIMESTAMP, box TIMESTAMP, part HUGEINT
);

CREATE OR REPLACE TEMP TABLE routes (
    pool VARCHAR, grain span, bucket TIMESTAMP, bucket_end TIMESTAMP, route VARCHAR, via VARCHAR,
    via_grain span, via_bucket TIMESTAMP, via_bucket_end TIMESTAMP, weight HUGEINT
);

CREATE OR REPLACE TEMP TABLE chosen (
    pool VARCHAR, grain span, bucket TIMESTAMP, bucket_end TIMESTAMP, level INTEGER
);

CREATE OR REPLACE TEMP TABLE shares (
    pool VARCHAR, grain span, bucket TIMESTAMP, bucket_end TIMESTAMP, level INTEGER,
    recipient VARCHAR, weight HUGEINT, total HUGEINT, tenants_total HUGEINT
);

CREATE OR REPLACE TEMP TABLE items (
    item BIGINT, cell BIGINT, via VARCHAR, grain span, bucket TIMESTAMP, bucket_end TIMESTAMP,
    quanta HUGEINT
);

CREATE OR REPLACE TEMP TABLE item_parts (
    cell BIGINT, recipient VARCHAR, level INTEGER, quanta HUGEINT
);

CREATE OR REPLACE TEMP TABLE pooled_amounts (
    day DATE, tenant VARCHAR, charge_group VARCHAR, service VARCHAR, account VARCHAR, region VARCHAR,
    method VARCHAR, rule VARCHAR, driver VARCHAR, dimensions VARCHAR, source VARCHAR,
    charge_category VARCHAR, reason VARCHAR, tag_key VARCHAR, tag_value VARCHAR, quanta HUGEINT
);
