-- An instance that only split cost rows name is a node of the cluster that they name.
INSERT INTO resources BY NAME
SELECT
    (SELECT coalesce(max(place), 0) FROM resources) + row_number() OVER (ORDER BY node) AS place,
    min(cluster) AS cluster,
    node AS resource,
    node AS holder,
    'node' AS carrier
FROM split_pods
SEMI JOIN split_parents USING (node, started_at)
WHERE node NOT IN (SELECT resource FROM resources)
GROUP BY node;

INSERT INTO loads BY NAME
SELECT
    resources.place,
    resources.cluster,
    split_pods.started_at,
    'split' AS resource,
    split_pods.pid,
    sum(split_pods.weight) AS weight,
    sum(split_pods.weight) AS requested
FROM split_pods
SEMI JOIN split_parents USING (node, started_at)
JOIN resources ON resources.resource = split_pods.node AND resources.carrier = 'node'
GROUP BY ALL
HAVING sum(split_pods.weight) > 0;

-- What is shared out: the instance's amortised cost, or what the rows say where that is more. Each
-- row and line is rounded to a unit, so a rest of no more units than that is none.
INSERT INTO moments BY NAME
WITH said AS (
    SELECT node, started_at, sum(weight) AS weight, sum(row_count) AS row_count
    FROM split_pods
    WHERE weight > 0
    GROUP BY ALL
),
shared AS (
    SELECT
        said.node,
        said.started_at,
        CASE
            WHEN split_parents.units > said.weight + said.row_count + split_parents.line_count
            THEN split_parents.units ELSE said.weight
        END AS shared
    FROM said
    JOIN split_parents USING (node, started_at)
)
SELECT
    resources.place, shared.started_at, 'split' AS resource, shared AS capacity, shared.shared
FROM shared
JOIN resources ON resources.resource = shared.node AND resources.carrier = 'node';
