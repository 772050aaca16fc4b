-- reads: nothing
-- Reads the footer of the file, so that one that is cut is found before its rows are.
SELECT count(*)
FROM parquet_metadata({file});
