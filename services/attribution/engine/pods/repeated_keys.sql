-- reads: given_workloads
-- Objects in which a key is there more than once, each where it stands first.
WITH objects AS (
    UNPIVOT (SELECT file, row, {columns} FROM given_workloads)
    ON {columns} INTO NAME field VALUE object
),
first_rows AS (
    SELECT field, object, min((file, row)) AS place, count(*) AS row_count
    FROM objects
    GROUP BY field, object
)
SELECT place[1], place[2], field, object, row_count
FROM first_rows
WHERE CASE WHEN json_valid(object) AND json_type(object) = 'OBJECT'
    THEN len(json_keys(object)) > len(list_distinct(json_keys(object))) END
ORDER BY place, field;
