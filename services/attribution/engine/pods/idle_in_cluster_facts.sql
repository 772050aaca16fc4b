INSERT INTO pod_facts
SELECT
    cluster_idle.rid, cluster_idle.hour, cluster_idle.span, CAST(parts.recipient AS BIGINT),
    'idle:' || (SELECT idle FROM policy), parts.units
FROM parts
JOIN cluster_idle ON cluster_idle.item = parts.cell;

-- Where nobody took anything it stays idle.
DELETE FROM idle_items WHERE goes_by_policy AND (rid, hour, span, resource) IN (
    SELECT (cluster_idle.rid, cluster_idle.hour, cluster_idle.span, cluster_idle.resource)
    FROM cluster_idle
    SEMI JOIN parts ON parts.cell = cluster_idle.item
);
