-- reads: {rows}  makes: measured
CREATE OR REPLACE TEMP TABLE measured AS
SELECT * REPLACE (CAST(units AS HUGEINT) AS units)
FROM {rows};
