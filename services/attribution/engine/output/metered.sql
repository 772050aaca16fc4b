-- reads: usage
SELECT DISTINCT meter
FROM usage
ORDER BY meter;
