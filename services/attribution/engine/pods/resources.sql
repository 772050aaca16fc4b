-- reads: workload_resources, workload_loads, workload_moments, split_pods, split_parents
--     makes: resources, loads, moments
-- An instance that only split cost rows name is a node of the cluster that they name.
CREATE OR REPLACE TEMP TABLE resources AS
SELECT place, cluster, resource, holder, carrier
FROM workload_resources
UNION ALL
SELECT
    (SELECT coalesce(max(place), 0) FROM workload_resources) + row_number() OVER (ORDER BY node),
    min(cluster),
    node,
    node,
    'node'
FROM split_pods
SEMI JOIN split_parents USING (node, started_at)
WHERE node NOT IN (SELECT resource FROM workload_resources)
GROUP BY node;

CREATE OR REPLACE TEMP TABLE loads AS
SELECT place, cluster, started_at, resource, pid, weight, requested
FROM workload_loads
UNION ALL
SELECT
    resources.place,
    resources.cluster,
    split_pods.started_at,
    'split',
    split_pods.pid,
    sum(split_pods.weight),
    sum(split_pods.weight)
FROM split_pods
SEMI JOIN split_parents USING (node, started_at)
JOIN resources ON resources.resource = split_pods.node AND resources.carrier = 'node'
GROUP BY ALL
HAVING sum(split_pods.weight) > 0;

-- What is shared out: the instance's amortised cost, or what the rows name where that is more. Each
-- row and line is rounded to a quantum, so a rest of no more quanta than that is none.
CREATE OR REPLACE TEMP TABLE moments AS
WITH of_rows AS (
    SELECT node, started_at, sum(weight) AS weight, sum(row_count) AS row_count
    FROM split_pods
    WHERE weight > 0
    GROUP BY ALL
),
of_instances AS (
    SELECT
        of_rows.node,
        of_rows.started_at,
        CASE
            WHEN split_parents.quanta
                > of_rows.weight + of_rows.row_count + split_parents.line_count
            THEN split_parents.quanta ELSE of_rows.weight
        END AS shared
    FROM of_rows
    JOIN split_parents USING (node, started_at)
)
SELECT place, started_at, resource, capacity, shared
FROM workload_moments
UNION ALL
SELECT resources.place, of_instances.started_at, 'split', of_instances.shared, of_instances.shared
FROM of_instances
JOIN resources ON resources.resource = of_instances.node AND resources.carrier = 'node';
