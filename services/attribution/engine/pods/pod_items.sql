-- reads: pod_cells, pod_cell_parts, taken, had  makes: pod_items, pod_item_weights
-- A line's cost of one resource; `none` is a node's in a time the workloads have no row of.
CREATE OR REPLACE TEMP TABLE pod_items AS
WITH named AS (
    SELECT cell, recipient AS resource, quanta FROM pod_cell_parts
    UNION ALL
    SELECT
        cell,
        CASE carrier WHEN 'node' THEN 'none' WHEN 'volume' THEN 'storage' ELSE 'alone' END,
        quanta
    FROM pod_cells
    ANTI JOIN pod_cell_parts USING (cell)
)
SELECT
    row_number() OVER (ORDER BY named.cell, named.resource) AS item,
    pod_cells.* EXCLUDE (quanta),
    named.resource,
    named.quanta
FROM named
JOIN pod_cells USING (cell);

-- To the pods by what they took, and what is left of a node to `idle`.
CREATE OR REPLACE TEMP TABLE pod_item_weights AS
WITH by_pod AS (
    SELECT pod_items.item, pod_items.quanta, pod_items.carrier, taken.pid, taken.weight, had.shared
    FROM pod_items
    LEFT JOIN taken USING (place, grain, bucket, bucket_end, resource)
    LEFT JOIN had USING (place, grain, bucket, bucket_end, resource)
),
summed AS (
    SELECT
        item,
        quanta,
        carrier,
        coalesce(sum(weight), 0) AS taken,
        coalesce(max(shared), CASE WHEN carrier = 'node' THEN 1 ELSE sum(weight) END) AS total
    FROM by_pod
    GROUP BY item, quanta, carrier
)
SELECT
    by_pod.item AS cell,
    by_pod.quanta,
    lpad(CAST(by_pod.pid AS VARCHAR), 12, '0') AS recipient,
    by_pod.weight,
    summed.total,
    0 AS level
FROM by_pod
JOIN summed USING (item)
WHERE by_pod.pid IS NOT NULL
UNION ALL
SELECT item, quanta, 'idle', total - taken, total, 0
FROM summed
WHERE total > taken;
