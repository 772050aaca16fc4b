-- reads: amounts, result_lines, allocation_texts  makes: allocations
-- The rows of a run, in one order that depends on nothing but themselves.
CREATE OR REPLACE TEMP TABLE allocations AS
WITH summed AS (
    SELECT amounts.day, result_lines.allocation, CAST(sum(amounts.quanta) AS HUGEINT) AS quanta
    FROM amounts
    JOIN result_lines ON result_lines.line = amounts.line
    GROUP BY ALL
)
SELECT
    allocation_texts.period,
    summed.day,
    allocation_texts.tenant,
    allocation_texts.charge_group,
    allocation_texts.service,
    allocation_texts.account,
    allocation_texts.region,
    allocation_texts.method,
    allocation_texts.rule,
    allocation_texts.driver,
    allocation_texts.dimensions,
    allocation_texts.cost_measure,
    CAST(
        CAST(summed.quanta AS DECIMAL(28,0)) * CAST('0.0000000001' AS DECIMAL(10,10))
        AS DECIMAL(38,10)
    ) AS amount,
    allocation_texts.currency,
    allocation_texts.run,
    allocation_texts.source,
    allocation_texts.charge_category
FROM summed
JOIN allocation_texts ON allocation_texts.allocation = summed.allocation
ORDER BY summed.day, summed.allocation;
