-- reads: pod_items
SELECT cluster, CAST(sum(quanta) AS HUGEINT)
FROM pod_items
WHERE resource = 'none'
GROUP BY cluster
ORDER BY cluster;
