-- reads: pool_line_hours, other_line_hours  makes: line_hours
CREATE OR REPLACE TEMP VIEW line_hours AS
SELECT *
FROM pool_line_hours
UNION ALL
SELECT *
FROM other_line_hours;
