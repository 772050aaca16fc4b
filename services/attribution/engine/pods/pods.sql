-- reads: {rows}  makes: pods
CREATE OR REPLACE TEMP TABLE pods AS
SELECT pid, {names}
FROM {rows};
