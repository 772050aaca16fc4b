-- `reserved`: the idle part of a node, by what the pods on it requested.
CREATE OR REPLACE TEMP TABLE weighed AS
SELECT
    idle_items.item AS cell,
    idle_items.units,
    lpad(CAST(taken.pid AS VARCHAR), 12, '0') AS recipient,
    taken.requested AS weight,
    sum(taken.requested) OVER (PARTITION BY idle_items.item) AS total,
    0 AS level
FROM idle_items
JOIN taken USING (place, grain, bucket, resource)
WHERE idle_items.goes_by_policy AND taken.requested > 0;
