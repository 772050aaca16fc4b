-- reads: nothing  stands in for: balanced_savings_plans, upfront_purchases
-- Of a bill without lines of Savings Plans and without fees, as most are.
CREATE OR REPLACE TEMP TABLE balanced_savings_plans (
    plan VARCHAR, account VARCHAR, product_code VARCHAR, usage_type VARCHAR, started_at TIMESTAMP,
    rest DECIMAL(38,10), negation_file INTEGER, negation_row BIGINT
);

CREATE OR REPLACE TEMP TABLE upfront_purchases (
    commitment VARCHAR, product_code VARCHAR, usage_type VARCHAR
);
