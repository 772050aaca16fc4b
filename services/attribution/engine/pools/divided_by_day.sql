-- reads: {divided}, items, cells, chosen  makes: divided_by_day
-- The parts of a day that differ in nothing but their bucket are one, as of the first of their
-- items.
CREATE OR REPLACE TEMP TABLE divided_by_day AS
WITH alike AS (
    SELECT
        items.item,
        cells.day,
        dense_rank() OVER (
            ORDER BY cells.pool, items.via, chosen.level, cells.service, cells.account, cells.region,
                cells.rule, cells.dimensions, cells.source, cells.charge_category
        ) AS kind
    FROM items
    JOIN cells ON cells.cell = items.cell
    LEFT JOIN chosen
        ON chosen.pool = cells.pool AND chosen.grain = cells.grain
        AND chosen.bucket = cells.bucket AND chosen.bucket_end = cells.bucket_end
)
SELECT
    min(alike.item) AS item,
    divided.recipient,
    divided.level,
    CAST(sum(divided.quanta) AS HUGEINT) AS quanta
FROM {divided} AS divided
JOIN alike ON alike.item = divided.item
GROUP BY alike.kind, alike.day, divided.recipient, divided.level;
