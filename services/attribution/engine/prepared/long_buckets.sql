-- reads: buckets
SELECT 1
FROM buckets
WHERE bucket_end > box_end('day', bucket)
LIMIT 1;
