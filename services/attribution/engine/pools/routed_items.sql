-- The ways' parts, and the cells that go by their own pool alone.
CREATE OR REPLACE TEMP TABLE items AS
WITH ways AS (
    SELECT DISTINCT way AS recipient, via, via_grain AS grain, via_bucket AS bucket FROM routes
),
routed AS (
    SELECT parts.cell, ways.via, ways.grain, ways.bucket, parts.units
    FROM parts
    JOIN ways USING (recipient)
    UNION ALL
    SELECT cell, pool, grain, bucket, units
    FROM cells
    ANTI JOIN routes USING (pool, grain, bucket)
)
SELECT row_number() OVER (ORDER BY cell, via, grain, bucket) AS item, * FROM routed;
