-- reads: driver_buckets
SELECT DISTINCT pool
FROM driver_buckets;
