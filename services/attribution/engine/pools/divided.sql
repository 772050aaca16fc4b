-- Items in their parts; what no driver could split is whole, and nobody's.
CREATE TEMP VIEW divided AS
SELECT items.item, parts.recipient, parts.level, coalesce(parts.units, items.units) AS units
FROM items
LEFT JOIN parts ON parts.cell = items.item;

-- The parts of a day that say the same are one, as of the first of their items.
CREATE TEMP TABLE divided_by_day AS
WITH ways AS (
    SELECT
        items.item,
        cells.day,
        dense_rank() OVER (
            ORDER BY cells.pool, items.via, chosen.level, cells.service, cells.account, cells.region,
                cells.rule, cells.dimensions, cells.source, cells.charge_category
        ) AS way
    FROM items
    JOIN cells ON cells.cell = items.cell
    LEFT JOIN chosen
        ON chosen.pool = cells.pool AND chosen.grain = cells.grain
        AND chosen.bucket = cells.bucket
)
SELECT
    min(ways.item) AS item,
    divided.recipient,
    divided.level,
    CAST(sum(divided.units) AS HUGEINT) AS units
FROM divided
JOIN ways ON ways.item = divided.item
GROUP BY ways.way, ways.day, divided.recipient, divided.level;
