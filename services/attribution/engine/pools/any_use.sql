-- reads: uses
SELECT 1
FROM uses
LIMIT 1;
