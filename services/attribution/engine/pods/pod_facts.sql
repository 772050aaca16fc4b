-- reads: pod_items, pod_item_parts, key_groups, idle_items, idle_on_node_parts, cluster_idle,
--     idle_in_cluster_parts, policy  makes: pod_facts, idle_left
-- What pods got of lines: what they took, and what of the idle rest the policy gave them.
CREATE OR REPLACE TEMP TABLE pod_facts AS
SELECT
    key_groups.rid,
    pod_items.started_at,
    pod_items.ended_at,
    CAST(pod_item_parts.recipient AS BIGINT) AS pid,
    '' AS driver,
    pod_item_parts.quanta
FROM pod_item_parts
JOIN pod_items ON pod_items.item = pod_item_parts.cell
JOIN key_groups ON key_groups.kid = pod_items.kid
WHERE pod_item_parts.recipient <> 'idle'
UNION ALL
SELECT
    idle_items.rid,
    idle_items.started_at,
    idle_items.ended_at,
    CAST(idle_on_node_parts.recipient AS BIGINT),
    {IDLE} || 'reserved',
    idle_on_node_parts.quanta
FROM idle_on_node_parts
JOIN idle_items ON idle_items.item = idle_on_node_parts.cell
UNION ALL
SELECT
    cluster_idle.rid,
    cluster_idle.started_at,
    cluster_idle.ended_at,
    CAST(idle_in_cluster_parts.recipient AS BIGINT),
    {IDLE} || (SELECT idle FROM policy),
    idle_in_cluster_parts.quanta
FROM idle_in_cluster_parts
JOIN cluster_idle ON cluster_idle.item = idle_in_cluster_parts.cell;

-- Where nobody took anything it stays idle.
CREATE OR REPLACE TEMP TABLE idle_left AS
SELECT *
FROM idle_items
WHERE item NOT IN (SELECT cell FROM idle_on_node_parts)
    AND NOT (goes_by_policy AND (rid, started_at, ended_at, resource) IN (
        SELECT (
            cluster_idle.rid, cluster_idle.started_at, cluster_idle.ended_at, cluster_idle.resource
        )
        FROM cluster_idle
        SEMI JOIN idle_in_cluster_parts ON idle_in_cluster_parts.cell = cluster_idle.item
    ));
