-- reads: split_rows, pods, workloads  makes: split_pods
-- A row whose tags name no tenant is of whom the workloads say its pod is, as their last row does.
CREATE OR REPLACE TEMP TABLE split_pods AS
WITH known AS (
    SELECT
        CASE
            WHEN starts_with(pod, 'arn:') THEN pod
            ELSE concat_ws('/', 'pod', cluster, namespace, pod)
        END AS who,
        max(struct_pack(started_at := started_at, pid := pid)).pid AS pid
    FROM workloads
    WHERE pod <> '' AND volume = ''
    GROUP BY 1
)
SELECT
    node,
    started_at,
    split_rows.cluster,
    CASE WHEN pod_label_value = '' THEN coalesce(known.pid, pods.pid) ELSE pods.pid END AS pid,
    weight,
    row_count
FROM split_rows
JOIN pods USING ({names})
LEFT JOIN known USING (who);
