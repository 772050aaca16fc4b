-- A pool's parts join the results; a cell that no driver could split is nobody's, and named.
INSERT INTO results
SELECT
    cells.day,
    coalesce(parts.recipient, 'unallocated') AS tenant,
    'pool:' || cells.pool AS charge_group,
    cells.service,
    cells.account,
    cells.region,
    coalesce(drivers.method, 'none') AS method,
    cells.rule,
    coalesce(drivers.driver, '') AS driver,
    cells.dimensions,
    cells.source,
    cells.charge_category,
    CASE
        WHEN parts.recipient IS NULL THEN 'no-consumer'
        WHEN starts_with(parts.recipient, 'unmetered:') THEN 'unmetered'
        ELSE ''
    END AS reason,
    CASE
        WHEN parts.recipient IS NULL OR starts_with(parts.recipient, 'unmetered:')
        THEN 'pool:' || cells.pool ELSE ''
    END AS tag_key,
    '' AS tag_value,
    CAST(sum(coalesce(parts.units, cells.units)) AS HUGEINT) AS units
FROM cells
LEFT JOIN parts ON parts.cell = cells.cell
LEFT JOIN drivers ON drivers.pool = cells.pool AND drivers.level = parts.level
GROUP BY ALL;
