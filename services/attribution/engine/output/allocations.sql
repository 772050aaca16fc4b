-- The rows of a run, in one order that depends on nothing but themselves.
CREATE TEMP TABLE allocations AS
WITH summed AS (
    SELECT amounts.day, result_lines.allocation, CAST(sum(amounts.units) AS HUGEINT) AS units
    FROM amounts
    JOIN result_lines ON result_lines.line = amounts.line
    GROUP BY ALL
)
SELECT
    said.period,
    summed.day,
    said.tenant,
    said.charge_group,
    said.service,
    said.account,
    said.region,
    said.method,
    said.rule,
    said.driver,
    said.dimensions,
    said.cost_measure,
    CAST(
        CAST(summed.units AS DECIMAL(28,0)) * CAST('0.0000000001' AS DECIMAL(10,10))
        AS DECIMAL(38,10)
    ) AS amount,
    said.currency,
    said.run,
    said.source,
    said.charge_category
FROM summed
JOIN said ON said.allocation = summed.allocation
ORDER BY summed.day, summed.allocation;
