-- reads: split_rows
SELECT row_number() OVER (ORDER BY {names}) AS pid, {names}
FROM (SELECT DISTINCT {names} FROM split_rows)
