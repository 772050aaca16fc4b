-- reads: pod_cell_weights, pod_item_weights, idle_on_node_weights, idle_in_cluster_weights,
--     explained_items, explained_pods
SELECT 'pod_cells' AS step, cell, recipient, weight
FROM pod_cell_weights
WHERE cell IN (SELECT cell FROM explained_items)
UNION ALL
SELECT 'pod_items', cell, recipient, weight
FROM pod_item_weights
WHERE cell IN (SELECT item FROM explained_items)
UNION ALL
SELECT 'idle_on_node', cell, recipient, weight
FROM idle_on_node_weights
WHERE cell IN (SELECT item FROM explained_pods WHERE step = 'idle_on_node')
UNION ALL
SELECT 'idle_in_cluster', cell, recipient, weight
FROM idle_in_cluster_weights
WHERE cell IN (SELECT item FROM explained_pods WHERE step = 'idle_in_cluster')
ORDER BY step, cell, recipient;
