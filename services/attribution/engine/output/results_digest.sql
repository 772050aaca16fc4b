-- Sums over what the allocations will say, so that the order of rows changes none of them.
WITH printed AS (
    SELECT
        line,
        hash(
            tenant, charge_group, service, account, region, method, rule, driver, dimensions,
            source, charge_category
        ) AS print
    FROM result_lines
),
summed AS (
    SELECT printed.print, amounts.day, CAST(sum(amounts.units) AS HUGEINT) AS units
    FROM amounts
    JOIN printed ON printed.line = amounts.line
    GROUP BY ALL
)
SELECT count(*), sum(hash(print, day, units)), sum(hash(units, day, print))
FROM summed;
