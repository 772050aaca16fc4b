-- reads: {rows}  makes: line_keys
CREATE OR REPLACE TEMP TABLE line_keys AS
SELECT kid, {names}
FROM {rows};
