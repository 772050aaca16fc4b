-- reads: staged
SELECT
    count(*) AS row_count,
    min(row) FILTER (WHERE fault IS NOT NULL) AS row,
    arg_min(fault, row) FILTER (WHERE fault IS NOT NULL) AS fault
FROM (SELECT row, {fault} AS fault FROM staged);
