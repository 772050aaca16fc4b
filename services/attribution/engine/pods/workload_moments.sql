-- reads: workloads, quantities, workload_resources  makes: workload_moments
-- What a node had at a time, and what is shared out: as much, or more where pods took more. Rows
-- that begin at several times of an hour are pieces of it, and add up, where what they say the node
-- had is as long as the time to the next and something has a row in each. Else they are of pods that
-- began then, and the node had in that hour what the largest says.
CREATE OR REPLACE TEMP TABLE workload_moments AS
WITH placed AS (
    SELECT
        workload_resources.place,
        date_trunc('hour', workloads.started_at) AS hour,
        workloads.started_at,
        workloads.namespace,
        workloads.pod,
        quantities.resource,
        quantities.capacity,
        quantities.weight
    FROM workloads
    JOIN quantities USING (file, row)
    JOIN workload_resources ON workload_resources.resource = workloads.node
    WHERE workloads.volume = '' AND workloads.alone = ''
),
starts AS (
    SELECT
        place,
        hour,
        started_at,
        max(capacity) AS capacity,
        date_diff('microsecond', started_at, coalesce(
            lead(started_at) OVER (PARTITION BY place, hour ORDER BY started_at),
            hour + INTERVAL 1 HOUR
        )) AS length
    FROM placed
    WHERE resource = 'cpu'
    GROUP BY place, hour, started_at
),
repeated AS (
    SELECT place, hour, max(count) AS count
    FROM (
        SELECT place, hour, namespace, pod, count(DISTINCT started_at) AS count
        FROM placed
        GROUP BY ALL
    )
    GROUP BY ALL
),
of_pods AS (
    SELECT starts.place, starts.hour
    FROM starts
    JOIN repeated USING (place, hour)
    GROUP BY ALL
    HAVING count(*) > 1 AND (
        count(*) > max(repeated.count)
        OR max(starts.capacity / starts.length) > 1.01 * min(starts.capacity / starts.length)
    )
),
moved AS (
    SELECT
        placed.* REPLACE (
            CASE WHEN of_pods.hour IS NULL THEN placed.started_at ELSE placed.hour END AS started_at
        )
    FROM placed
    LEFT JOIN of_pods ON of_pods.place = placed.place AND of_pods.hour = placed.hour
)
SELECT
    place,
    started_at,
    resource,
    max(capacity) AS capacity,
    greatest(max(capacity), sum(weight)) AS shared
FROM moved
GROUP BY place, started_at, resource
HAVING max(capacity) > 0;
