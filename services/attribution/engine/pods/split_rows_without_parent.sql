-- reads: split_pods, split_parents
SELECT cluster, sum(row_count), CAST(sum(weight) AS HUGEINT), min(node)
FROM split_pods
ANTI JOIN split_parents USING (node, started_at)
GROUP BY cluster
ORDER BY cluster;
