INSERT INTO pod_facts
SELECT
    idle_items.rid, idle_items.hour, idle_items.span, CAST(parts.recipient AS BIGINT),
    'idle:reserved', parts.units
FROM parts
JOIN idle_items ON idle_items.item = parts.cell;

DELETE FROM idle_items WHERE item IN (SELECT cell FROM parts);
