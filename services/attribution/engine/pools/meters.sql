-- reads: usage
-- Of these meters: their coarsest length, whether it is coarser than the driver's grain, and the sum
-- of their weights, roughly.
SELECT
    meter,
    CAST(max(span) AS VARCHAR),
    max(span) > CAST($grain AS span),
    sum(CAST(weight AS DOUBLE)),
    max(scale)
FROM usage
WHERE list_contains($meters, meter)
GROUP BY meter
ORDER BY meter;
