-- reads: {rows}  makes: written_sums
-- The sums of the allocations over days and regions, from the file itself.
CREATE OR REPLACE TEMP TABLE written_sums AS
SELECT
    tenant,
    charge_group,
    method,
    driver,
    source,
    account,
    service,
    charge_category,
    cost_measure,
    currency,
    sum(amount) AS amount
FROM {rows}
GROUP BY ALL;
