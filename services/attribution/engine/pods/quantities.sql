-- reads: labelled_rows, workloads  makes: quantities
-- Quantities as integers of one scale: times the power of ten that leaves no decimals of any.
CREATE OR REPLACE TEMP TABLE quantities AS
WITH named AS (
    SELECT
        file,
        row,
        'cpu' AS resource,
        cpu_request_core_hours AS requested,
        cpu_used_core_hours AS used,
        node_cpu_core_hours AS capacity
    FROM labelled_rows
    JOIN workloads USING (file, row)
    WHERE volume_id IS NULL AND alone = ''
    UNION ALL
    SELECT
        file, row, 'memory', memory_request_gib_hours, memory_used_gib_hours, node_memory_gib_hours
    FROM labelled_rows
    JOIN workloads USING (file, row)
    WHERE volume_id IS NULL AND alone = ''
    UNION ALL
    SELECT file, row, 'gpu', gpu_hours, NULL, node_gpu_hours
    FROM labelled_rows
    JOIN workloads USING (file, row)
    WHERE volume_id IS NULL AND alone = ''
    UNION ALL
    SELECT file, row, 'storage', storage_gib_hours, NULL, NULL
    FROM labelled_rows
    WHERE claim IS NOT NULL
    UNION ALL
    SELECT file, row, 'alone', '1', NULL, NULL
    FROM workloads
    WHERE alone <> ''
),
long AS (
    UNPIVOT named ON requested, used, capacity INTO NAME kind VALUE quantity
),
written AS (
    SELECT
        file,
        row,
        resource,
        kind,
        split_part(CAST(CAST(quantity AS DECIMAL(38,18)) AS VARCHAR), '.', 1) AS whole,
        split_part(CAST(CAST(quantity AS DECIMAL(38,18)) AS VARCHAR), '.', 2) AS decimals
    FROM long
),
scales AS (
    SELECT max(length(rtrim(decimals, '0'))) AS scale FROM written
),
scaled AS (
    SELECT
        file,
        row,
        resource,
        kind,
        CAST(whole || substr(decimals, 1, scale) AS HUGEINT) AS whole_number
    FROM written
    CROSS JOIN scales
)
SELECT
    file,
    row,
    resource,
    coalesce(max(whole_number) FILTER (WHERE kind = 'requested'), 0) AS requested,
    coalesce(max(whole_number) FILTER (WHERE kind IN ('requested', 'used')), 0) AS weight,
    coalesce(max(whole_number) FILTER (WHERE kind = 'capacity'), 0) AS capacity
FROM scaled
GROUP BY ALL;
