-- reads: nothing  makes: savings_plan_groups
CREATE OR REPLACE TEMP TABLE savings_plan_groups (
    plan VARCHAR, account VARCHAR, service VARCHAR, usage_type VARCHAR, started_at TIMESTAMP,
    charged DECIMAL(38,10)
);
