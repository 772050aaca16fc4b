-- reads: {rows}  makes: usage
-- Signals as the split reads them; a Parquet file has neither of these two types.
CREATE OR REPLACE TEMP TABLE usage AS
SELECT * REPLACE (CAST(weight AS HUGEINT) AS weight, CAST(span AS span) AS span)
FROM {rows};
