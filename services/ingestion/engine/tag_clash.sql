-- reads: tagset
SELECT pair.key, pair.one.written, pair.one.value, pair.other.written, pair.other.value
FROM (SELECT unnest(clash) AS pair FROM tagset WHERE len(clash) > 0)
ORDER BY ALL
LIMIT 1;
