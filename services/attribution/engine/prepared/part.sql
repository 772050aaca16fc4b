-- reads: line_costs  makes: part_keys, part_hours
-- A part of a bill, or the whole, by key: its keys, numbered in their own order, and their hours.
CREATE OR REPLACE TEMP TABLE part_keys AS
SELECT row_number() OVER (ORDER BY {names}) AS kid, hash({names}) AS name_hash, {names}
FROM (SELECT DISTINCT {names} FROM line_costs);

CREATE OR REPLACE TEMP TABLE part_hours AS
SELECT
    part_keys.kid,
    line_costs.started_at,
    line_costs.ended_at,
    CAST(line_costs.quanta AS DECIMAL(38,0)) AS quanta,
    line_costs.lines
FROM line_costs
JOIN part_keys USING ({names});
