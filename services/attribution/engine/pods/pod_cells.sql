-- Lines that are divided among pods, each by its own length.
CREATE TEMP TABLE pod_cells AS
SELECT
    row_number() OVER (ORDER BY facts.kid, facts.hour, facts.span) AS cell,
    facts.kid,
    facts.hour,
    facts.span,
    facts.units,
    keys.place,
    keys.cluster,
    keys.carrier,
    facts.span AS grain,
    CASE facts.span
        WHEN 1 THEN facts.hour
        WHEN 2 THEN date_trunc('day', facts.hour)
        ELSE (SELECT started_at FROM period)
    END AS bucket,
    starts_with(claims.recipient, 'idle:') AS goes_by_policy
FROM facts
JOIN keys ON keys.kid = facts.kid
JOIN claims ON claims.kid = facts.kid
WHERE claims.is_divided;

CREATE TEMP TABLE taken AS
WITH placed AS (
    SELECT 1 AS grain, date_trunc('hour', started_at) AS bucket, * EXCLUDE (started_at) FROM loads
    UNION ALL
    SELECT 2, date_trunc('day', started_at), * EXCLUDE (started_at) FROM loads
    UNION ALL
    SELECT 3, (SELECT started_at FROM period), * EXCLUDE (started_at) FROM loads
)
SELECT
    place, cluster, grain, bucket, resource, pid, sum(weight) AS weight, sum(requested) AS requested
FROM placed
WHERE grain = 3 OR grain IN (SELECT grain FROM pod_cells)
GROUP BY ALL;

CREATE TEMP TABLE had AS
WITH placed AS (
    SELECT 1 AS grain, date_trunc('hour', started_at) AS bucket, * EXCLUDE (started_at) FROM moments
    UNION ALL
    SELECT 2, date_trunc('day', started_at), * EXCLUDE (started_at) FROM moments
    UNION ALL
    SELECT 3, (SELECT started_at FROM period), * EXCLUDE (started_at) FROM moments
)
SELECT place, grain, bucket, resource, sum(capacity) AS capacity, sum(shared) AS shared
FROM placed
WHERE grain IN (SELECT grain FROM pod_cells)
GROUP BY ALL;

-- In a time that AWS's split cost rows tell of they stand alone, in place of the workloads.
DELETE FROM taken WHERE resource <> 'split' AND (place, grain, bucket) IN (
    SELECT (place, grain, bucket) FROM had WHERE resource = 'split'
);

DELETE FROM had WHERE resource <> 'split' AND (place, grain, bucket) IN (
    SELECT (place, grain, bucket) FROM had WHERE resource = 'split'
);

-- Whose a volume or a pod is seldom changes: an hour without a row goes by the period's.
UPDATE pod_cells
SET grain = 3, bucket = (SELECT started_at FROM period)
WHERE carrier <> 'node' AND NOT EXISTS (
    SELECT 1
    FROM taken
    WHERE taken.place = pod_cells.place
        AND taken.grain = pod_cells.grain
        AND taken.bucket = pod_cells.bucket
);

-- A node's cost by resource: by what it had of each, times the price.
CREATE OR REPLACE TEMP TABLE weighed AS
SELECT
    pod_cells.cell,
    pod_cells.units,
    had.resource AS recipient,
    had.capacity * prices.price AS weight,
    sum(had.capacity * prices.price) OVER (PARTITION BY pod_cells.cell) AS total,
    0 AS level
FROM pod_cells
JOIN had USING (place, grain, bucket)
JOIN prices USING (resource)
WHERE pod_cells.carrier = 'node';
