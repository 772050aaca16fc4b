-- reads: workload_rows, namespace_rows  makes: labelled_rows
-- A volume's row without its pod's or namespace's labels has what their rows have last; a claim's own
-- labels go before its pod's. What a file says of namespaces holds for all rows that say nothing.
CREATE OR REPLACE TEMP TABLE labelled_rows AS
WITH of_pods AS (
    SELECT
        cluster,
        namespace,
        pod,
        max(struct_pack(
            started_at := start_utc, labels := labels, annotations := annotations
        )) AS last
    FROM workload_rows
    WHERE volume_id IS NULL AND (labels IS NOT NULL OR annotations IS NOT NULL)
    GROUP BY ALL
),
of_namespaces AS (
    SELECT
        cluster,
        namespace,
        max(struct_pack(
            started_at := start_utc,
            namespace_labels := namespace_labels,
            namespace_annotations := namespace_annotations
        )) AS last
    FROM workload_rows
    WHERE volume_id IS NULL
        AND (namespace_labels IS NOT NULL OR namespace_annotations IS NOT NULL)
    GROUP BY ALL
),
named_namespaces AS (
    SELECT
        cluster,
        namespace,
        max(struct_pack(
            started_at := start_utc, namespace_labels := namespace_labels
        )) AS last
    FROM namespace_rows
    WHERE namespace_labels IS NOT NULL
    GROUP BY ALL
)
SELECT
    workload_rows.* REPLACE (
        CASE
            WHEN claim_labels IS NOT NULL THEN CAST(json_merge_patch(
                CAST(coalesce(of_pods.last.labels, '{}') AS JSON), CAST(claim_labels AS JSON)
            ) AS VARCHAR)
            WHEN of_pods.last IS NULL THEN labels
            ELSE of_pods.last.labels
        END AS labels,
        CASE WHEN of_pods.last IS NULL THEN annotations ELSE of_pods.last.annotations END
            AS annotations,
        coalesce(
            CASE
                WHEN of_namespaces.last IS NULL THEN namespace_labels
                ELSE of_namespaces.last.namespace_labels
            END,
            named_namespaces.last.namespace_labels
        ) AS namespace_labels,
        CASE
            WHEN of_namespaces.last IS NULL THEN namespace_annotations
            ELSE of_namespaces.last.namespace_annotations
        END AS namespace_annotations
    )
FROM workload_rows
LEFT JOIN of_pods
    ON workload_rows.volume_id IS NOT NULL
    AND workload_rows.labels IS NULL
    AND workload_rows.annotations IS NULL
    AND of_pods.cluster = workload_rows.cluster
    AND of_pods.namespace = workload_rows.namespace
    AND of_pods.pod = workload_rows.pod
LEFT JOIN of_namespaces
    ON workload_rows.volume_id IS NOT NULL
    AND workload_rows.namespace_labels IS NULL
    AND workload_rows.namespace_annotations IS NULL
    AND of_namespaces.cluster = workload_rows.cluster
    AND of_namespaces.namespace = workload_rows.namespace
LEFT JOIN named_namespaces
    ON named_namespaces.cluster = workload_rows.cluster
    AND named_namespaces.namespace = workload_rows.namespace;
