-- reads: staged
SELECT row, fault
FROM staged
WHERE fault IS NOT NULL
ORDER BY row
LIMIT 1;
