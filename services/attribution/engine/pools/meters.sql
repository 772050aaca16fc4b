-- reads: usage
-- Each meter's coarsest length, and the sum of its weights, roughly.
SELECT meter, CAST(max(span) AS VARCHAR), sum(CAST(weight AS DOUBLE)), max(scale)
FROM usage
GROUP BY meter;
