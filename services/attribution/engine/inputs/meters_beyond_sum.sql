-- reads: usage_rows
-- Added in floating point, with a margin: a sum of quantities has room for 20 digits before the point.
SELECT meter
FROM usage_rows
GROUP BY meter
HAVING sum(CAST(quantity AS DOUBLE)) >= 9.9e19
ORDER BY meter
LIMIT 1;
