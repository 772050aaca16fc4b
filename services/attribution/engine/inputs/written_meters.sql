-- reads: signals
SELECT DISTINCT meter
FROM signals
WHERE meter IS NOT NULL;
