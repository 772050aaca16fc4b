-- reads: nothing  makes: savings_plan_lines, purchase_lines
CREATE OR REPLACE TEMP TABLE savings_plan_lines (
    plan VARCHAR, account VARCHAR, product_code VARCHAR, usage_type VARCHAR, started_at TIMESTAMP,
    service VARCHAR, is_negation BOOLEAN, charged DECIMAL(38,10), file INTEGER, row BIGINT
);

CREATE OR REPLACE TEMP TABLE purchase_lines (
    commitment VARCHAR, product_code VARCHAR, usage_type VARCHAR
);
