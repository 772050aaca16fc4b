-- reads: line_facts, line_keys, line_claims, period, loads, moments, prices
--     makes: placed_cells, had, taken, pod_cells, pod_cell_weights
-- Lines that are divided among pods, each by its own length.
CREATE OR REPLACE TEMP TABLE placed_cells AS
SELECT
    row_number() OVER (ORDER BY line_facts.kid, line_facts.hour, line_facts.span) AS cell,
    line_facts.kid,
    line_facts.hour,
    line_facts.span,
    line_facts.quanta,
    line_keys.place,
    line_keys.cluster,
    line_keys.carrier,
    line_facts.span AS grain,
    CASE line_facts.span
        WHEN 'hour' THEN line_facts.hour
        WHEN 'day' THEN date_trunc('day', line_facts.hour)
        ELSE (SELECT started_at FROM period)
    END AS bucket,
    starts_with(line_claims.recipient, {IDLE}) AS goes_by_policy
FROM line_facts
JOIN line_keys ON line_keys.kid = line_facts.kid
JOIN line_claims ON line_claims.kid = line_facts.kid
WHERE line_claims.is_divided;

-- What a node had in each length of time that its lines have.
CREATE OR REPLACE TEMP TABLE had AS
WITH placed AS (
    SELECT
        CAST('hour' AS span) AS grain, date_trunc('hour', started_at) AS bucket,
        * EXCLUDE (started_at)
    FROM moments
    UNION ALL
    SELECT CAST('day' AS span), date_trunc('day', started_at), * EXCLUDE (started_at) FROM moments
    UNION ALL
    SELECT CAST('period' AS span), (SELECT started_at FROM period), * EXCLUDE (started_at)
    FROM moments
),
summed AS (
    SELECT place, grain, bucket, resource, sum(capacity) AS capacity, sum(shared) AS shared
    FROM placed
    WHERE grain IN (SELECT grain FROM placed_cells)
    GROUP BY ALL
)
-- In a time that AWS's split cost rows cover they stand alone, in place of the workloads.
SELECT *
FROM summed
WHERE resource = 'split' OR (place, grain, bucket) NOT IN (
    SELECT (place, grain, bucket) FROM summed WHERE resource = 'split'
);

CREATE OR REPLACE TEMP TABLE taken AS
WITH placed AS (
    SELECT
        CAST('hour' AS span) AS grain, date_trunc('hour', started_at) AS bucket,
        * EXCLUDE (started_at)
    FROM loads
    UNION ALL
    SELECT CAST('day' AS span), date_trunc('day', started_at), * EXCLUDE (started_at) FROM loads
    UNION ALL
    SELECT CAST('period' AS span), (SELECT started_at FROM period), * EXCLUDE (started_at)
    FROM loads
),
summed AS (
    SELECT
        place,
        cluster,
        grain,
        bucket,
        resource,
        pid,
        sum(weight) AS weight,
        sum(requested) AS requested
    FROM placed
    WHERE grain = 'period' OR grain IN (SELECT grain FROM placed_cells)
    GROUP BY ALL
)
SELECT *
FROM summed
WHERE resource = 'split' OR (place, grain, bucket) NOT IN (
    SELECT (place, grain, bucket) FROM had WHERE resource = 'split'
);

-- Whose a volume or a pod is seldom changes: an hour without a row goes by the period's.
CREATE OR REPLACE TEMP TABLE pod_cells AS
WITH measured AS (
    SELECT DISTINCT place, grain, bucket
    FROM taken
)
SELECT
    placed_cells.* REPLACE (
        CASE WHEN carrier = 'node' OR measured.place IS NOT NULL THEN placed_cells.grain
            ELSE CAST('period' AS span) END AS grain,
        CASE WHEN carrier = 'node' OR measured.place IS NOT NULL THEN placed_cells.bucket
            ELSE (SELECT started_at FROM period) END AS bucket
    )
FROM placed_cells
LEFT JOIN measured
    ON measured.place = placed_cells.place
    AND measured.grain = placed_cells.grain
    AND measured.bucket = placed_cells.bucket;

-- A node's cost by resource: by what it had of each, times the price.
CREATE OR REPLACE TEMP TABLE pod_cell_weights AS
SELECT
    pod_cells.cell,
    pod_cells.quanta,
    had.resource AS recipient,
    had.capacity * prices.price AS weight,
    sum(had.capacity * prices.price) OVER (PARTITION BY pod_cells.cell) AS total,
    0 AS level
FROM pod_cells
JOIN had USING (place, grain, bucket)
JOIN prices USING (resource)
WHERE pod_cells.carrier = 'node';
