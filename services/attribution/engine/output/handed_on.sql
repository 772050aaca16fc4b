-- The sums of the allocations over days and regions, from the file itself.
CREATE TEMP TABLE handed_on AS
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
FROM {scan}
GROUP BY ALL;
