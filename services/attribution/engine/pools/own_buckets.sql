-- reads: cells
SELECT DISTINCT pool, grain, bucket, bucket_end
FROM cells
