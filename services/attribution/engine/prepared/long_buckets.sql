-- reads: buckets
SELECT 1
FROM buckets
WHERE grain = 'period'
LIMIT 1;
