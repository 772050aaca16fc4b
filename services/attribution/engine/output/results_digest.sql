-- reads: result_lines, amounts
-- Sums over what the allocations will hold, so that the order of rows changes none of them.
WITH hashed AS (
    SELECT
        line,
        hash(
            tenant, charge_group, service, account, region, method, rule, driver, dimensions,
            source, charge_category
        ) AS content
    FROM result_lines
),
summed AS (
    SELECT hashed.content, amounts.day, CAST(sum(amounts.quanta) AS HUGEINT) AS quanta
    FROM amounts
    JOIN hashed ON hashed.line = amounts.line
    GROUP BY ALL
)
SELECT count(*), sum(hash(content, day, quanta)), sum(hash(quanta, day, content))
FROM summed;
