-- reads: {rows}  makes: measured
CREATE OR REPLACE TEMP TABLE measured AS
SELECT * REPLACE (CAST(quanta AS HUGEINT) AS quanta)
FROM {rows};
