-- reads: cells
SELECT cell, pool AS via, grain, bucket, bucket_end, quanta
FROM cells
