-- The rows of a run, in one order that depends on nothing but themselves.
SELECT
    run.period,
    results.day,
    results.tenant,
    results.charge_group,
    results.service,
    results.account,
    results.region,
    results.method,
    results.rule,
    results.driver,
    CAST(CAST(results.dimensions AS JSON) AS MAP(VARCHAR, VARCHAR)) AS dimensions,
    run.cost_measure,
    CAST(
        CAST(results.units AS DECIMAL(28,0)) * CAST('0.0000000001' AS DECIMAL(10,10))
        AS DECIMAL(38,10)
    ) AS amount,
    run.currency,
    run.run,
    results.source,
    results.charge_category
FROM (
    SELECT
        day, tenant, charge_group, service, account, region, method, rule, driver, dimensions,
        source, charge_category, CAST(sum(units) AS HUGEINT) AS units
    FROM results
    GROUP BY ALL
) AS results
CROSS JOIN run
ORDER BY
    results.day, results.tenant, results.charge_group, results.service, results.account,
    results.region, results.method, results.rule, results.driver, results.dimensions,
    results.source, results.charge_category;
