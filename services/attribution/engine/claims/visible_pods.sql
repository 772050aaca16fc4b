-- reads: pod_pairs, visible_keys, pods
SELECT vid, pid, {visible}, {pod_columns}
FROM pod_pairs
JOIN visible_keys USING (vid)
JOIN pods USING (pid)
ORDER BY vid, pid;
