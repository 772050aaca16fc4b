-- The parts as one: each key once, in an order of its own, and what number it has in each part.
CREATE TEMP TABLE keys AS
SELECT row_number() OVER (ORDER BY {names}) AS kid, {names}
FROM (SELECT DISTINCT {names} FROM keys_of_parts);

CREATE TEMP TABLE key_numbers AS
SELECT keys_of_parts.part, keys_of_parts.kid AS part_kid, keys.kid
FROM keys_of_parts
JOIN keys USING ({names});

CREATE TEMP TABLE days AS
SELECT key_numbers.kid, days_of_parts.day, CAST(sum(days_of_parts.units) AS DECIMAL(38,0)) AS units
FROM days_of_parts
JOIN key_numbers ON key_numbers.part = days_of_parts.part AND key_numbers.part_kid = days_of_parts.kid
GROUP BY ALL;

CREATE TEMP TABLE prints AS
SELECT
    day,
    CAST(sum(CAST(of_units AS HUGEINT)) AS VARCHAR) || '|'
        || CAST(sum(CAST(of_units_low AS HUGEINT)) AS VARCHAR) || '|'
        || CAST(sum(CAST(of_lines AS HUGEINT)) AS VARCHAR) AS print
FROM prints_of_parts
GROUP BY day;
