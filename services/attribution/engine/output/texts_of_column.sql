-- reads: result_lines
SELECT DISTINCT {name} AS name, {column} AS text
FROM result_lines
