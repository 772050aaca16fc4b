-- Steps that the policy for idle may have left out.
CREATE TEMP TABLE IF NOT EXISTS idle_on_node_weights (
    item BIGINT, recipient VARCHAR, weight HUGEINT
);
CREATE TEMP TABLE IF NOT EXISTS idle_in_cluster_weights (
    item BIGINT, recipient VARCHAR, weight HUGEINT
);
CREATE TEMP TABLE IF NOT EXISTS cluster_idle (
    item BIGINT, rid BIGINT, hour TIMESTAMP, span INTEGER, cluster VARCHAR, grain INTEGER,
    bucket TIMESTAMP, resource VARCHAR
);

-- Parts of nodes and volumes behind the facts that are wanted: by which step, and of what.
CREATE TEMP TABLE explained_pods AS
WITH asked AS (
    SELECT
        wanted.part,
        pod_keys.rid,
        wanted.hour,
        wanted.span,
        pod_keys.pid,
        lpad(CAST(pod_keys.pid AS VARCHAR), 12, '0') AS recipient,
        pod_keys.driver = '' AS is_taken
    FROM wanted
    JOIN pod_keys USING (kid)
),
placed AS (
    SELECT pod_items.item, pod_items.hour, pod_items.span, twins.rid
    FROM pod_items
    JOIN twins USING (kid)
)
SELECT
    asked.part, 'pod_items' AS step, asked.hour, asked.pid, weights.item, weights.recipient
FROM asked
JOIN placed USING (rid, hour, span)
JOIN pod_items_weights AS weights USING (item, recipient)
WHERE asked.is_taken
UNION ALL
SELECT asked.part, 'idle_on_node', asked.hour, asked.pid, weights.item, weights.recipient
FROM asked
JOIN placed USING (rid, hour, span)
JOIN idle_on_node_weights AS weights USING (item, recipient)
WHERE NOT asked.is_taken
UNION ALL
SELECT asked.part, 'idle_in_cluster', asked.hour, asked.pid, weights.item, weights.recipient
FROM asked
JOIN cluster_idle USING (rid, hour, span)
JOIN idle_in_cluster_weights AS weights USING (item, recipient)
WHERE NOT asked.is_taken
UNION ALL
SELECT wanted.part, 'pod_items', wanted.hour, NULL, idle_items.item, 'idle'
FROM wanted
JOIN idle_items USING (kid, hour, span);

-- What a cluster's idle part is summed from.
CREATE TEMP TABLE explained_idle AS
SELECT cluster_idle.item AS cluster_item, pod_items.item
FROM cluster_idle
JOIN twins USING (rid)
JOIN pod_items
    ON pod_items.kid = twins.kid AND pod_items.hour = cluster_idle.hour
    AND pod_items.span = cluster_idle.span AND pod_items.cluster = cluster_idle.cluster
    AND pod_items.grain = cluster_idle.grain AND pod_items.bucket = cluster_idle.bucket
    AND pod_items.resource = cluster_idle.resource
SEMI JOIN explained_pods
    ON explained_pods.step = 'idle_in_cluster' AND explained_pods.item = cluster_idle.item
SEMI JOIN pod_items_weights AS weights
    ON weights.item = pod_items.item AND weights.recipient = 'idle'
ANTI JOIN idle_on_node_weights AS reserved ON reserved.item = pod_items.item
WHERE pod_items.goes_by_policy;

CREATE TEMP TABLE explained_items AS
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
DELETE FROM wanted WHERE kid IN (
    SELECT kid FROM pod_keys
    UNION
    SELECT kid FROM pod_cells
);

INSERT INTO wanted
SELECT DISTINCT 'node ' || pod_cells.cell, pod_cells.kid, pod_cells.hour, pod_cells.span
FROM pod_cells
SEMI JOIN explained_items USING (cell);
