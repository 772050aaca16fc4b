-- reads: labelled_rows  makes: workload_pods, workloads
-- Each row with its time, its pod's number, its instance and volume. A pod or task on Fargate has
-- no instance: it is billed `alone`, by its own ARN.
CREATE OR REPLACE TEMP TABLE workload_pods AS
SELECT row_number() OVER (ORDER BY {names}) AS pid, {names}
FROM (SELECT DISTINCT {names} FROM (SELECT {columns} FROM labelled_rows));

CREATE OR REPLACE TEMP TABLE workloads AS
SELECT pid, cluster, namespace, file, row, started_at, node, volume, pod, claim, alone
FROM (
    SELECT
        file,
        row,
        start_utc AS started_at,
        coalesce(ec2_id(provider_id), '') AS node,
        coalesce(ec2_id(volume_id), '') AS volume,
        coalesce(pod, task, '') AS pod,
        coalesce(claim, '') AS claim,
        CASE
            WHEN provider_id LIKE '%/fargate-%' AND pod IS NOT NULL AND volume_id IS NULL
                THEN concat_ws('/', 'pod', cluster, namespace, pod)
            WHEN task IS NOT NULL AND provider_id IS NULL THEN task
            ELSE ''
        END AS alone,
        {columns}
    FROM labelled_rows
) AS keyed_rows
JOIN workload_pods USING ({names});
