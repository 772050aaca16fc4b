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
    SELECT hashed.content, amounts.day, CAST(sum(amounts.units) AS HUGEINT) AS units
    FROM amounts
    JOIN hashed ON hashed.line = amounts.line
    GROUP BY ALL
)
SELECT count(*), sum(hash(content, day, units)), sum(hash(units, day, content))
FROM summed;
