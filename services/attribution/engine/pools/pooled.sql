-- reads: {parts}, items, cells, chosen, drivers
-- Parts of pools as results. Money that came by the use of other pools names the pool by whose
-- weights it was split in the end, and that it went by a fallback where either pool's driver was one.
SELECT
    divided.item,
    cells.day,
    coalesce(divided.recipient, {UNALLOCATED}) AS tenant,
    {POOL} || cells.pool AS charge_group,
    cells.service,
    cells.account,
    cells.region,
    coalesce(drivers.method, {METHOD_NONE}) AS method,
    cells.rule,
    CASE
        WHEN items.via = cells.pool THEN coalesce(drivers.driver, '')
        WHEN chosen.level > 0 AND drivers.level = 0
            THEN 'fallback:' || drivers.driver || ' via pool:' || items.via
        ELSE coalesce(drivers.driver, '') || ' via pool:' || items.via
    END AS driver,
    cells.dimensions,
    cells.source,
    cells.charge_category,
    CASE
        WHEN divided.recipient IS NULL OR divided.recipient = {UNALLOCATED}
            OR starts_with(divided.recipient, {UNMAPPED})
        THEN 'no-consumer'
        WHEN starts_with(divided.recipient, {UNMETERED}) THEN 'unmetered'
        ELSE ''
    END AS reason,
    CASE WHEN reason <> '' THEN {POOL} || items.via ELSE '' END AS tag_key,
    '' AS tag_value,
    divided.quanta
FROM {parts} AS divided
JOIN items ON items.item = divided.item
JOIN cells ON cells.cell = items.cell
LEFT JOIN chosen
    ON chosen.pool = cells.pool AND chosen.grain = cells.grain AND chosen.bucket = cells.bucket
    AND chosen.bucket_end = cells.bucket_end
LEFT JOIN drivers ON drivers.pool = items.via AND drivers.level = divided.level
