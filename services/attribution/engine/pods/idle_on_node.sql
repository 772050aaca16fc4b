-- reads: idle_items, taken, policy  makes: idle_on_node_weights
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
