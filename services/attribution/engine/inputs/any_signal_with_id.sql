-- reads: signals
SELECT 1
FROM signals
WHERE id IS NOT NULL
LIMIT 1;
