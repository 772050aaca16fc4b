-- reads: nothing
--     stands in for: copied_files
CREATE OR REPLACE TEMP TABLE copied_files (file INTEGER, first INTEGER, row_count BIGINT);
