-- reads: {lines}  makes: split_rows
-- Split cost rows with what AWS's own tags name, or else the ARN of the pod or task, whose parts
-- are pod/<cluster>/<namespace>/... and task/<cluster>/...; by pod, instance and hour.
CREATE OR REPLACE TEMP TABLE split_rows AS
WITH operations AS (
    SELECT
        *,
        CASE x_Operation WHEN 'EKSPod-EC2' THEN 'pod' ELSE 'task' END AS kind,
        regexp_replace(coalesce(ResourceId, ''), '^arn:[^:]*:[^:]*:[^:]*:[^:]*:', '') AS path
    FROM {lines}
    WHERE {is_split_row}
),
named AS (
    SELECT
        Tags,
        {resource} AS who,
        coalesce({parent}, '') AS node,
        kind,
        coalesce(
            nullif(CASE kind WHEN 'pod' THEN {pod_cluster_tag} ELSE {task_cluster_tag} END, ''),
            split_part(path, '/', 2)
        ) AS cluster,
        CASE kind
            WHEN 'pod' THEN coalesce(nullif({namespace_tag}, ''), split_part(path, '/', 3))
            ELSE ''
        END AS namespace,
        date_trunc('hour', ChargePeriodStart) AS started_at,
        CAST((coalesce(x_SplitCost, 0) + coalesce(x_UnusedCost, 0)) * 10000000000 AS HUGEINT)
            AS quanta
    FROM operations
)
SELECT
    node,
    started_at,
    who,
    {columns},
    CAST(sum(quanta) AS HUGEINT) AS weight,
    count(*) AS row_count
FROM named
GROUP BY ALL;
