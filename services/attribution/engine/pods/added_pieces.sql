-- reads: workload_moments, workload_resources
-- Nodes of which rows of one hour count as pieces of it: how many, and the first.
SELECT count(DISTINCT resource), min(resource)
FROM (
    SELECT place
    FROM workload_moments
    WHERE resource = 'cpu'
    GROUP BY place, date_trunc('hour', started_at)
    HAVING count(*) > 1
)
JOIN workload_resources USING (place)
WHERE resource = holder AND carrier = 'node';
