-- reads: workload_rows
-- The first fault of the first row that has one, as `field:what is wrong`, and how many rows have a
-- fault in that field. A quantity that is missing is unknown and never 0; so a pod, or a task on an
-- instance, has what it requested or what it used, and a node what it had.
WITH objects AS (
    SELECT
        *,
        json_type(CASE WHEN json_valid(labels) THEN labels END) AS labels_type,
        json_type(CASE WHEN json_valid(annotations) THEN annotations END) AS annotations_type,
        json_type(CASE WHEN json_valid(namespace_labels) THEN namespace_labels END)
            AS namespace_labels_type,
        json_type(CASE WHEN json_valid(namespace_annotations) THEN namespace_annotations END)
            AS namespace_annotations_type,
        json_type(CASE WHEN json_valid(tags) THEN tags END) AS tags_type,
        json_type(CASE WHEN json_valid(service_tags) THEN service_tags END) AS service_tags_type,
        json_type(CASE WHEN json_valid(capacity_provider_tags) THEN capacity_provider_tags END)
            AS capacity_provider_tags_type,
        json_type(CASE WHEN json_valid(cluster_tags) THEN cluster_tags END) AS cluster_tags_type,
        {numbers}
    FROM workload_rows
),
faults AS (
    SELECT
        file,
        row,
        CASE
            WHEN cluster IS NULL THEN 'cluster:is missing'
            WHEN start IS NULL THEN 'start:is missing'
            WHEN start_utc IS NULL THEN 'start:' || start || ' is no time'
            WHEN start_utc < {period_start} OR start_utc >= {period_end}
                THEN 'start:' || start || ' is outside ' || $period
            WHEN labels IS NOT NULL AND coalesce(labels_type, '') <> 'OBJECT'
                THEN 'labels:' || labels || ' is no JSON object'
            WHEN annotations IS NOT NULL AND coalesce(annotations_type, '') <> 'OBJECT'
                THEN 'annotations:' || annotations || ' is no JSON object'
            WHEN namespace_labels IS NOT NULL AND coalesce(namespace_labels_type, '') <> 'OBJECT'
                THEN 'namespace_labels:' || namespace_labels || ' is no JSON object'
            WHEN namespace_annotations IS NOT NULL
                AND coalesce(namespace_annotations_type, '') <> 'OBJECT'
                THEN 'namespace_annotations:' || namespace_annotations || ' is no JSON object'
            WHEN tags IS NOT NULL AND coalesce(tags_type, '') <> 'OBJECT'
                THEN 'tags:' || tags || ' is no JSON object'
            WHEN service_tags IS NOT NULL AND coalesce(service_tags_type, '') <> 'OBJECT'
                THEN 'service_tags:' || service_tags || ' is no JSON object'
            WHEN capacity_provider_tags IS NOT NULL
                AND coalesce(capacity_provider_tags_type, '') <> 'OBJECT'
                THEN 'capacity_provider_tags:' || capacity_provider_tags || ' is no JSON object'
            WHEN cluster_tags IS NOT NULL AND coalesce(cluster_tags_type, '') <> 'OBJECT'
                THEN 'cluster_tags:' || cluster_tags || ' is no JSON object'
            WHEN cpu_request_core_hours IS NOT NULL AND cpu_request_core_hours_number IS NULL
                THEN 'cpu_request_core_hours:' || cpu_request_core_hours || ' is no number'
            WHEN cpu_request_core_hours_number < 0
                THEN 'cpu_request_core_hours:' || cpu_request_core_hours || ' is negative'
            WHEN cpu_used_core_hours IS NOT NULL AND cpu_used_core_hours_number IS NULL
                THEN 'cpu_used_core_hours:' || cpu_used_core_hours || ' is no number'
            WHEN cpu_used_core_hours_number < 0
                THEN 'cpu_used_core_hours:' || cpu_used_core_hours || ' is negative'
            WHEN memory_request_gib_hours IS NOT NULL AND memory_request_gib_hours_number IS NULL
                THEN 'memory_request_gib_hours:' || memory_request_gib_hours || ' is no number'
            WHEN memory_request_gib_hours_number < 0
                THEN 'memory_request_gib_hours:' || memory_request_gib_hours || ' is negative'
            WHEN memory_used_gib_hours IS NOT NULL AND memory_used_gib_hours_number IS NULL
                THEN 'memory_used_gib_hours:' || memory_used_gib_hours || ' is no number'
            WHEN memory_used_gib_hours_number < 0
                THEN 'memory_used_gib_hours:' || memory_used_gib_hours || ' is negative'
            WHEN gpu_hours IS NOT NULL AND gpu_hours_number IS NULL
                THEN 'gpu_hours:' || gpu_hours || ' is no number'
            WHEN gpu_hours_number < 0 THEN 'gpu_hours:' || gpu_hours || ' is negative'
            WHEN node_cpu_core_hours IS NOT NULL AND node_cpu_core_hours_number IS NULL
                THEN 'node_cpu_core_hours:' || node_cpu_core_hours || ' is no number'
            WHEN node_cpu_core_hours_number < 0
                THEN 'node_cpu_core_hours:' || node_cpu_core_hours || ' is negative'
            WHEN node_memory_gib_hours IS NOT NULL AND node_memory_gib_hours_number IS NULL
                THEN 'node_memory_gib_hours:' || node_memory_gib_hours || ' is no number'
            WHEN node_memory_gib_hours_number < 0
                THEN 'node_memory_gib_hours:' || node_memory_gib_hours || ' is negative'
            WHEN node_gpu_hours IS NOT NULL AND node_gpu_hours_number IS NULL
                THEN 'node_gpu_hours:' || node_gpu_hours || ' is no number'
            WHEN node_gpu_hours_number < 0
                THEN 'node_gpu_hours:' || node_gpu_hours || ' is negative'
            WHEN storage_gib_hours IS NOT NULL AND storage_gib_hours_number IS NULL
                THEN 'storage_gib_hours:' || storage_gib_hours || ' is no number'
            WHEN storage_gib_hours_number < 0
                THEN 'storage_gib_hours:' || storage_gib_hours || ' is negative'
            -- Volumes: of a claim, or of the node itself.
            WHEN volume_id IS NOT NULL AND claim IS NULL
                AND (provider_id IS NULL OR namespace IS NOT NULL)
                THEN 'claim:is missing; a volume of the node itself names its provider_id and no'
                    || ' namespace'
            WHEN volume_id IS NOT NULL AND claim IS NOT NULL AND namespace IS NULL
                THEN 'namespace:is missing'
            WHEN volume_id IS NOT NULL AND claim IS NOT NULL AND storage_gib_hours IS NULL
                THEN 'storage_gib_hours:is missing'
            WHEN volume_id IS NOT NULL AND claim IS NOT NULL AND storage_gib_hours_number = 0
                THEN 'storage_gib_hours:is 0'
            WHEN volume_id IS NULL AND claim IS NOT NULL THEN 'volume_id:is missing'
            -- ECS tasks.
            WHEN task IS NOT NULL AND namespace IS NOT NULL
                THEN 'namespace:stands beside a task, which has none; a row is a'
                    || ' pod, a task or a volume'
            WHEN task IS NOT NULL AND pod IS NOT NULL
                THEN 'pod:stands beside a task, which has none; a row is a pod, a task or a volume'
            WHEN task IS NOT NULL AND volume_id IS NOT NULL
                THEN 'volume_id:stands beside a task, which has none; a row is a'
                    || ' pod, a task or a volume'
            WHEN task IS NOT NULL AND claim IS NOT NULL
                THEN 'claim:stands beside a task, which has none; a row is a pod,'
                    || ' a task or a volume'
            WHEN task IS NOT NULL AND provider_id IS NULL AND capacity_provider NOT LIKE 'FARGATE%'
                THEN 'provider_id:is missing; a task on EC2 names the EC2 instance it ran on'
            WHEN task IS NOT NULL AND provider_id IS NULL AND task NOT LIKE 'arn:%:ecs:%:task/%'
                THEN 'task:' || task
                    || ' is no ARN of a task, by which the bill names one on Fargate'
            -- Pods, and nodes alone.
            WHEN volume_id IS NULL AND task IS NULL AND provider_id IS NULL
                THEN 'provider_id:is missing'
            WHEN volume_id IS NULL AND task IS NULL AND pod IS NOT NULL AND namespace IS NULL
                THEN 'namespace:is missing'
            WHEN volume_id IS NULL
                AND task IS NULL AND pod IS NULL AND (namespace IS NOT NULL OR greatest(
                cpu_request_core_hours_number, cpu_used_core_hours_number,
                memory_request_gib_hours_number, memory_used_gib_hours_number
            ) > 0) THEN 'pod:is missing'
            -- Whatever runs on a node.
            WHEN volume_id IS NULL AND provider_id IS NOT NULL AND node_cpu_core_hours IS NULL
                THEN 'node_cpu_core_hours:is missing'
            WHEN volume_id IS NULL AND provider_id IS NOT NULL AND node_cpu_core_hours_number = 0
                THEN 'node_cpu_core_hours:is 0'
            WHEN volume_id IS NULL AND provider_id IS NOT NULL AND node_memory_gib_hours IS NULL
                THEN 'node_memory_gib_hours:is missing'
            WHEN volume_id IS NULL AND provider_id IS NOT NULL AND node_memory_gib_hours_number = 0
                THEN 'node_memory_gib_hours:is 0'
            WHEN volume_id IS NULL AND provider_id IS NOT NULL AND coalesce(pod, task) IS NOT NULL
                AND cpu_request_core_hours IS NULL AND cpu_used_core_hours IS NULL
                THEN 'cpu_request_core_hours:is missing, and so is cpu_used_core_hours'
            WHEN volume_id IS NULL AND provider_id IS NOT NULL AND coalesce(pod, task) IS NOT NULL
                AND memory_request_gib_hours IS NULL AND memory_used_gib_hours IS NULL
                THEN 'memory_request_gib_hours:is missing, and so is memory_used_gib_hours'
            WHEN volume_id IS NULL AND provider_id IS NOT NULL AND gpu_hours_number > 0
                AND node_gpu_hours IS NULL
                THEN 'node_gpu_hours:is missing'
            WHEN volume_id IS NULL AND provider_id IS NOT NULL AND gpu_hours_number > 0
                AND node_gpu_hours_number = 0
                THEN 'node_gpu_hours:is 0'
        END AS fault
    FROM objects
)
SELECT file, row, fault, count(*) OVER (PARTITION BY split_part(fault, ':', 1)) AS row_count
FROM faults
WHERE fault IS NOT NULL
ORDER BY file, row
LIMIT 1;
