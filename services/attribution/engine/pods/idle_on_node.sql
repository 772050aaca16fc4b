-- reads: pod_items, pod_item_parts, key_groups, taken, policy
--     makes: idle_items, idle_on_node_weights
CREATE OR REPLACE TEMP TABLE idle_items AS
SELECT pod_items.* EXCLUDE (quanta), key_groups.rid, pod_item_parts.quanta
FROM pod_item_parts
JOIN pod_items ON pod_items.item = pod_item_parts.cell
JOIN key_groups ON key_groups.kid = pod_items.kid
WHERE pod_item_parts.recipient = 'idle';

-- `reserved`: the idle part of a node, by what the pods on it requested.
CREATE OR REPLACE TEMP TABLE idle_on_node_weights AS
SELECT
    idle_items.item AS cell,
    idle_items.quanta,
    lpad(CAST(taken.pid AS VARCHAR), 12, '0') AS recipient,
    taken.requested AS weight,
    sum(taken.requested) OVER (PARTITION BY idle_items.item) AS total,
    0 AS level
FROM idle_items
JOIN taken USING (place, grain, bucket, bucket_end, resource)
WHERE idle_items.goes_by_policy
    AND taken.requested > 0
    AND (SELECT idle FROM policy) = 'reserved';
