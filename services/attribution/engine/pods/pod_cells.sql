-- reads: line_facts, line_keys, line_claims, period, loads, moments, prices
--     makes: placed_cells, pod_covers, had, taken, pod_cells, pod_cell_weights
-- Lines that are divided among pods, each by its own length.
CREATE OR REPLACE TEMP TABLE placed_cells AS
WITH grained AS (
    SELECT
        line_facts.*,
        line_keys.place,
        line_keys.cluster,
        line_keys.carrier,
        own_grain(
            line_facts.started_at, line_facts.ended_at, period.started_at, period.ended_at
        ) AS grain,
        period.started_at AS period_start,
        period.ended_at AS period_end,
        starts_with(line_claims.recipient, {IDLE}) AS goes_by_policy
    FROM line_facts
    JOIN line_keys ON line_keys.kid = line_facts.kid
    JOIN line_claims ON line_claims.kid = line_facts.kid
    CROSS JOIN period
    WHERE line_claims.is_divided
)
SELECT
    row_number() OVER (ORDER BY kid, started_at, ended_at) AS cell,
    * EXCLUDE (period_start, period_end),
    CASE grain WHEN 'period' THEN period_start ELSE split_start(grain, started_at, ended_at) END
        AS bucket,
    CASE grain WHEN 'period' THEN period_end ELSE split_end(grain, started_at, ended_at) END
        AS bucket_end
FROM grained;

-- Of a time that is no whole hour, day or period: the hours of its cluster that it touches, and what
-- part of each it covers, in seconds, or in the largest number that all parts are multiples of.
CREATE OR REPLACE TEMP TABLE pod_covers AS
WITH hours AS (
    SELECT
        cluster,
        bucket,
        bucket_end,
        unnest(generate_series(
            greatest(date_trunc('hour', bucket), period.started_at),
            least(bucket_end, period.ended_at) - INTERVAL 1 SECOND,
            INTERVAL 1 HOUR
        )) AS hour
    FROM (
        SELECT DISTINCT cluster, bucket, bucket_end
        FROM placed_cells
        WHERE grain = 'hour' AND bucket_end > box_end('hour', bucket)
    )
    CROSS JOIN period
),
measured AS (
    SELECT
        *,
        date_diff('second', greatest(bucket, hour), least(bucket_end, hour + INTERVAL 1 HOUR))
            AS seconds
    FROM hours
),
divisors AS (
    SELECT
        cluster,
        bucket,
        bucket_end,
        list_reduce(list(seconds), lambda a, b: gcd(a, b)) AS divisor
    FROM measured
    GROUP BY ALL
)
SELECT
    measured.* EXCLUDE (seconds), CAST(measured.seconds // divisors.divisor AS HUGEINT) AS part
FROM measured
JOIN divisors USING (cluster, bucket, bucket_end);

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
boxed AS (
    SELECT place, grain, bucket, resource, sum(capacity) AS capacity, sum(shared) AS shared
    FROM placed
    WHERE grain IN (SELECT grain FROM placed_cells)
    GROUP BY ALL
),
summed AS (
    SELECT
        boxed.*,
        CASE grain WHEN 'period' THEN (SELECT ended_at FROM period) ELSE box_end(grain, bucket) END
            AS bucket_end
    FROM boxed
    UNION ALL BY NAME
    SELECT
        boxed.place,
        boxed.grain,
        pod_covers.bucket,
        pod_covers.bucket_end,
        boxed.resource,
        sum(boxed.capacity * pod_covers.part) AS capacity,
        sum(boxed.shared * pod_covers.part) AS shared
    FROM pod_covers
    JOIN (SELECT DISTINCT cluster, place, bucket, bucket_end FROM placed_cells) AS cells
        USING (cluster, bucket, bucket_end)
    JOIN boxed
        ON boxed.place = cells.place AND boxed.grain = 'hour' AND boxed.bucket = pod_covers.hour
    GROUP BY ALL
)
-- In a time that AWS's split cost rows cover they stand alone, in place of the workloads.
SELECT *
FROM summed
WHERE resource = 'split' OR (place, grain, bucket, bucket_end) NOT IN (
    SELECT (place, grain, bucket, bucket_end) FROM summed WHERE resource = 'split'
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
boxed AS (
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
),
summed AS (
    SELECT
        boxed.*,
        CASE grain WHEN 'period' THEN (SELECT ended_at FROM period) ELSE box_end(grain, bucket) END
            AS bucket_end
    FROM boxed
    UNION ALL BY NAME
    SELECT
        boxed.place,
        boxed.cluster,
        boxed.grain,
        pod_covers.bucket,
        pod_covers.bucket_end,
        boxed.resource,
        boxed.pid,
        sum(boxed.weight * pod_covers.part) AS weight,
        sum(boxed.requested * pod_covers.part) AS requested
    FROM pod_covers
    JOIN boxed
        ON boxed.cluster = pod_covers.cluster AND boxed.grain = 'hour'
        AND boxed.bucket = pod_covers.hour
    GROUP BY ALL
)
SELECT *
FROM summed
WHERE resource = 'split' OR (place, grain, bucket, bucket_end) NOT IN (
    SELECT (place, grain, bucket, bucket_end) FROM had WHERE resource = 'split'
);

-- Whose a volume or a pod is seldom changes: an hour without a row goes by the period's.
CREATE OR REPLACE TEMP TABLE pod_cells AS
WITH measured AS (
    SELECT DISTINCT place, grain, bucket, bucket_end
    FROM taken
),
known AS (
    SELECT placed_cells.*, carrier = 'node' OR measured.place IS NOT NULL AS has_its_own
    FROM placed_cells
    LEFT JOIN measured
        ON measured.place = placed_cells.place
        AND measured.grain = placed_cells.grain
        AND measured.bucket = placed_cells.bucket
        AND measured.bucket_end = placed_cells.bucket_end
)
SELECT
    known.* EXCLUDE (has_its_own) REPLACE (
        CASE WHEN has_its_own THEN grain ELSE CAST('period' AS span) END AS grain,
        CASE WHEN has_its_own THEN bucket ELSE (SELECT started_at FROM period) END AS bucket,
        CASE WHEN has_its_own THEN bucket_end ELSE (SELECT ended_at FROM period) END AS bucket_end
    )
FROM known;

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
JOIN had USING (place, grain, bucket, bucket_end)
JOIN prices USING (resource)
WHERE pod_cells.carrier = 'node';
