-- reads: wanted_facts, pod_keys, pod_items, key_groups, pod_item_weights, idle_on_node_weights,
--     idle_in_cluster_weights, cluster_idle, idle_left, resources, pod_cells
--     makes: explained_pods, explained_idle, explained_items, wanted_of_pods
-- Parts of nodes and volumes behind the facts that are wanted: by which step, and of what.
CREATE OR REPLACE TEMP TABLE explained_pods AS
WITH asked AS (
    SELECT
        wanted_facts.part,
        pod_keys.rid,
        wanted_facts.started_at,
        wanted_facts.ended_at,
        pod_keys.pid,
        lpad(CAST(pod_keys.pid AS VARCHAR), 12, '0') AS recipient,
        pod_keys.driver = '' AS is_taken
    FROM wanted_facts
    JOIN pod_keys USING (kid)
),
placed AS (
    SELECT pod_items.item, pod_items.started_at, pod_items.ended_at, key_groups.rid
    FROM pod_items
    JOIN key_groups USING (kid)
)
SELECT
    asked.part,
    'pod_items' AS step,
    asked.started_at,
    asked.pid,
    weights.cell AS item,
    weights.recipient
FROM asked
JOIN placed USING (rid, started_at, ended_at)
JOIN pod_item_weights AS weights
    ON weights.cell = placed.item AND weights.recipient = asked.recipient
WHERE asked.is_taken
UNION ALL
SELECT asked.part, 'idle_on_node', asked.started_at, asked.pid, weights.cell, weights.recipient
FROM asked
JOIN placed USING (rid, started_at, ended_at)
JOIN idle_on_node_weights AS weights
    ON weights.cell = placed.item AND weights.recipient = asked.recipient
WHERE NOT asked.is_taken
UNION ALL
SELECT asked.part, 'idle_in_cluster', asked.started_at, asked.pid, weights.cell, weights.recipient
FROM asked
JOIN cluster_idle USING (rid, started_at, ended_at)
JOIN idle_in_cluster_weights AS weights
    ON weights.cell = cluster_idle.item AND weights.recipient = asked.recipient
WHERE NOT asked.is_taken
UNION ALL
SELECT wanted_facts.part, 'pod_items', wanted_facts.started_at, NULL, idle_left.item, 'idle'
FROM wanted_facts
JOIN idle_left USING (kid, started_at, ended_at);

-- What a cluster's idle part is summed from.
CREATE OR REPLACE TEMP TABLE explained_idle AS
SELECT cluster_idle.item AS cluster_item, pod_items.item
FROM cluster_idle
JOIN key_groups USING (rid)
JOIN pod_items
    ON pod_items.kid = key_groups.kid AND pod_items.started_at = cluster_idle.started_at
    AND pod_items.ended_at = cluster_idle.ended_at AND pod_items.cluster = cluster_idle.cluster
    AND pod_items.grain = cluster_idle.grain AND pod_items.bucket = cluster_idle.bucket
    AND pod_items.bucket_end = cluster_idle.bucket_end
    AND pod_items.resource = cluster_idle.resource
SEMI JOIN explained_pods
    ON explained_pods.step = 'idle_in_cluster' AND explained_pods.item = cluster_idle.item
SEMI JOIN pod_item_weights AS weights
    ON weights.cell = pod_items.item AND weights.recipient = 'idle'
ANTI JOIN idle_on_node_weights AS reserved ON reserved.cell = pod_items.item
WHERE pod_items.goes_by_policy;

CREATE OR REPLACE TEMP TABLE explained_items AS
SELECT
    pod_items.item, pod_items.cell, pod_items.resource, min(resources.resource) AS place
FROM pod_items
JOIN resources USING (place)
WHERE pod_items.item IN (
    SELECT item FROM explained_pods WHERE step <> 'idle_in_cluster'
    UNION
    SELECT item FROM explained_idle
)
GROUP BY ALL;

-- Lines are asked for by the node's cell in place of the pod's facts.
CREATE OR REPLACE TEMP TABLE wanted_of_pods AS
SELECT part, kid, started_at, ended_at
FROM wanted_facts
WHERE kid NOT IN (SELECT kid FROM pod_keys) AND kid NOT IN (SELECT kid FROM pod_cells)
UNION ALL
SELECT DISTINCT 'node ' || pod_cells.cell, pod_cells.kid, pod_cells.started_at, pod_cells.ended_at
FROM pod_cells
SEMI JOIN explained_items USING (cell);
