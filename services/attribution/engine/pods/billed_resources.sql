-- reads: resources, line_keys
-- Per carrier how many there are, how many no line of the bill names, and the first of these.
SELECT
    carrier,
    count(*),
    count(*) FILTER (WHERE NOT is_billed),
    min(resource, {shown}) FILTER (WHERE NOT is_billed)
FROM (
    SELECT carrier, resource, place IN (SELECT place FROM line_keys) AS is_billed
    FROM resources
)
GROUP BY carrier
ORDER BY carrier;
