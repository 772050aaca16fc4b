-- reads: {pooled}  makes: pooled_amounts
CREATE OR REPLACE TEMP TABLE pooled_amounts AS
SELECT * EXCLUDE (item)
FROM {pooled};
