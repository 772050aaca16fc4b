-- reads: workloads, quantities, workload_resources  makes: placed_quantities, workload_moments
-- What each row of a pod or task took of a place: the larger of requested and used.
CREATE OR REPLACE TEMP VIEW placed_quantities AS
SELECT
    workload_resources.place,
    workload_resources.cluster,
    workloads.started_at,
    quantities.resource,
    workloads.pid,
    quantities.weight,
    quantities.requested
FROM workloads
JOIN quantities USING (file, row)
JOIN workload_resources ON workload_resources.resource = CASE
    WHEN workloads.volume <> '' THEN workloads.volume
    WHEN workloads.alone <> '' THEN workloads.alone
    ELSE workloads.node
END;

-- What a node had at a time, and what is shared out: as much, or more where pods took more.
CREATE OR REPLACE TEMP TABLE workload_moments AS
SELECT
    workload_resources.place,
    workloads.started_at,
    quantities.resource,
    max(quantities.capacity) AS capacity,
    greatest(max(quantities.capacity), sum(quantities.weight)) AS shared
FROM workloads
JOIN quantities USING (file, row)
JOIN workload_resources ON workload_resources.resource = workloads.node
WHERE workloads.volume = '' AND workloads.alone = ''
GROUP BY ALL
HAVING max(quantities.capacity) > 0;
