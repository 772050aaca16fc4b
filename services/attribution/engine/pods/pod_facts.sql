CREATE TEMP TABLE pod_facts AS
SELECT twins.rid, pod_items.hour, pod_items.span, CAST(parts.recipient AS BIGINT) AS pid,
    '' AS driver, parts.units
FROM parts
JOIN pod_items ON pod_items.item = parts.cell
JOIN twins ON twins.kid = pod_items.kid
WHERE parts.recipient <> 'idle';

CREATE TEMP TABLE idle_items AS
SELECT pod_items.* EXCLUDE (units), twins.rid, parts.units
FROM parts
JOIN pod_items ON pod_items.item = parts.cell
JOIN twins ON twins.kid = pod_items.kid
WHERE parts.recipient = 'idle';
