-- reads: line_keys  makes: key_groups
-- Keys that differ in the place alone are one group, by the first of them: results don't show it.
CREATE OR REPLACE TEMP TABLE key_groups AS
SELECT kid, min(kid) OVER (PARTITION BY {names}) AS rid
FROM line_keys;
