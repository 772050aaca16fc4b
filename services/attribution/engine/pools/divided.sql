-- reads: items, item_parts
-- Items in their parts; what no driver could split is whole, and nobody's.
SELECT
    items.item,
    item_parts.recipient,
    item_parts.level,
    coalesce(item_parts.quanta, items.quanta) AS quanta
FROM items
LEFT JOIN item_parts ON item_parts.cell = items.item
