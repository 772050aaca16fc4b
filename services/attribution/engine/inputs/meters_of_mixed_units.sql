-- reads: usage_rows
SELECT meter, string_agg(DISTINCT unit, ', ' ORDER BY unit)
FROM usage_rows
WHERE unit <> ''
GROUP BY meter
HAVING count(DISTINCT unit) > 1
ORDER BY meter
LIMIT 1;
