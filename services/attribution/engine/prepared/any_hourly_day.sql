-- reads: hourly_days
SELECT 1
FROM hourly_days
LIMIT 1;
