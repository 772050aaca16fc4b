-- reads: pod_items, pod_item_parts, key_groups  makes: idle_items
CREATE OR REPLACE TEMP TABLE idle_items AS
SELECT pod_items.* EXCLUDE (quanta), key_groups.rid, pod_item_parts.quanta
FROM pod_item_parts
JOIN pod_items ON pod_items.item = pod_item_parts.cell
JOIN key_groups ON key_groups.kid = pod_items.kid
WHERE pod_item_parts.recipient = 'idle';
