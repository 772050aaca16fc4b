-- A volume's row that says nothing of its pod or namespace takes what these rows say at last.
UPDATE workload_rows
SET labels = said.last.labels, annotations = said.last.annotations
FROM (
    SELECT
        cluster,
        namespace,
        pod,
        max(struct_pack(
            started_at := CAST(start AS TIMESTAMPTZ), labels := labels, annotations := annotations
        )) AS last
    FROM workload_rows
    WHERE volume_id IS NULL AND (labels IS NOT NULL OR annotations IS NOT NULL)
    GROUP BY ALL
) AS said
WHERE workload_rows.volume_id IS NOT NULL
    AND workload_rows.labels IS NULL
    AND workload_rows.annotations IS NULL
    AND said.cluster = workload_rows.cluster
    AND said.namespace = workload_rows.namespace
    AND said.pod = workload_rows.pod;

UPDATE workload_rows
SET
    namespace_labels = said.last.namespace_labels,
    namespace_annotations = said.last.namespace_annotations
FROM (
    SELECT
        cluster,
        namespace,
        max(struct_pack(
            started_at := CAST(start AS TIMESTAMPTZ),
            namespace_labels := namespace_labels,
            namespace_annotations := namespace_annotations
        )) AS last
    FROM workload_rows
    WHERE volume_id IS NULL
        AND (namespace_labels IS NOT NULL OR namespace_annotations IS NOT NULL)
    GROUP BY ALL
) AS said
WHERE workload_rows.volume_id IS NOT NULL
    AND workload_rows.namespace_labels IS NULL
    AND workload_rows.namespace_annotations IS NULL
    AND said.cluster = workload_rows.cluster
    AND said.namespace = workload_rows.namespace;
