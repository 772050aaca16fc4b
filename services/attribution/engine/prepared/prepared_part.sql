-- A part of a bill by key: its keys, and its facts by hour and by day.
CREATE OR REPLACE TEMP TABLE costs AS
SELECT {names}, hour, span, sum(units) AS units, count(*) AS lines
FROM keyed_lines
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE part_keys AS
SELECT row_number() OVER (ORDER BY {names}) AS kid, hash({names}) AS name_hash, {names}
FROM (SELECT DISTINCT {names} FROM costs);

CREATE OR REPLACE TEMP TABLE part_hours AS
SELECT part_keys.kid, costs.hour, costs.span, CAST(costs.units AS DECIMAL(38,0)) AS units, costs.lines
FROM costs
JOIN part_keys USING ({names});

CREATE OR REPLACE TEMP TABLE part_days AS
SELECT kid, CAST(hour AS DATE) AS day, CAST(sum(units) AS DECIMAL(38,0)) AS units
FROM part_hours
GROUP BY ALL;

-- A fingerprint of each day: sums over its lines, so that neither their order nor the parts they
-- come in change it. Two of them weigh the units, by 31 bits of the line's hash each.
CREATE OR REPLACE TEMP TABLE part_prints AS
SELECT
    CAST(hour AS DATE) AS day,
    CAST(sum(CAST(hashed >> 33 AS HUGEINT) * CAST(units AS HUGEINT)) AS VARCHAR) AS of_units,
    CAST(sum(CAST(hashed & 2147483647 AS HUGEINT) * CAST(units AS HUGEINT)) AS VARCHAR)
        AS of_units_low,
    CAST(sum(CAST(hashed AS HUGEINT) * lines) AS VARCHAR) AS of_lines
FROM (
    SELECT part_hours.*, hash(part_keys.name_hash, hour, span) AS hashed
    FROM part_hours
    JOIN part_keys USING (kid)
)
GROUP BY ALL;
