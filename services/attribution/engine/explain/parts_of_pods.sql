-- reads: explained_pods, pods
SELECT explained_pods.*, coalesce(rtrim(cluster || '/' || namespace, '/'), '') AS pods
FROM explained_pods
LEFT JOIN pods USING (pid)
ORDER BY part, started_at, step, item, pid;
