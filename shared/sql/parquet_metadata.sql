-- reads: nothing
-- Reads the footer of the file, so that one that is cut is found before its rows are.
SELECT sum(row_group_num_rows) FILTER (WHERE column_id = 0)
FROM parquet_metadata({file});
