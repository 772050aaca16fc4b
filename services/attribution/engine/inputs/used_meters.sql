-- reads: usage
-- Each meter's rows and quantity, and of these what has no unit where others have one.
SELECT
    meter,
    count(*),
    sum(quantity),
    max(unit),
    CASE WHEN max(unit) <> '' THEN count(*) FILTER (WHERE unit = '') ELSE 0 END,
    sum(quantity) FILTER (WHERE unit = '')
FROM usage
GROUP BY meter
ORDER BY meter;
