-- reads: {parts}  makes: items
-- What is split among tenants: a cell's part by each route, or the cell whole by its own pool.
CREATE OR REPLACE TEMP TABLE items AS
SELECT row_number() OVER (ORDER BY cell, via, grain, bucket, bucket_end) AS item, *
FROM {parts} AS parts;
