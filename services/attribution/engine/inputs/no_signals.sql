-- reads: nothing
--     stands in for: usage_rows
CREATE OR REPLACE TEMP TABLE usage_rows (
    file INTEGER, row BIGINT, meter VARCHAR, hour TIMESTAMP, span span, day DATE, tenant VARCHAR,
    is_active BOOLEAN, quantity DECIMAL(38,18), weight HUGEINT, scale INTEGER, unit VARCHAR
);
