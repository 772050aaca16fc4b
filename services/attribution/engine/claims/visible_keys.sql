-- reads: line_keys  makes: visible_keys
-- The distinct combinations of what rules and labels see, numbered in their own order.
CREATE OR REPLACE TEMP TABLE visible_keys AS
SELECT row_number() OVER (ORDER BY {visible}) AS vid, {visible}
FROM (SELECT DISTINCT {visible} FROM line_keys);
