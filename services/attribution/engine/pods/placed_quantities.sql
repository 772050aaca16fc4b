-- reads: workloads, quantities, workload_resources
-- What each row of a pod or task took of a place: the larger of requested and used.
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
END
