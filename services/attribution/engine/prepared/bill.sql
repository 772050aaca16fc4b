-- reads: {keys_of_parts}, {days_of_parts}, {fingerprints_of_parts}
--     makes: bill_keys, key_numbers, bill_days, bill_fingerprints
-- The parts as one: each key once, in an order of its own, and what number it has in each part.
CREATE OR REPLACE TEMP TABLE bill_keys AS
SELECT row_number() OVER (ORDER BY {names}) AS kid, {names}
FROM (SELECT DISTINCT {names} FROM {keys_of_parts});

CREATE OR REPLACE TEMP TABLE key_numbers AS
SELECT of_part.part, of_part.kid AS part_kid, bill_keys.kid
FROM {keys_of_parts} AS of_part
JOIN bill_keys USING ({names});

CREATE OR REPLACE TEMP TABLE bill_days AS
SELECT key_numbers.kid, of_part.day, CAST(sum(of_part.quanta) AS DECIMAL(38,0)) AS quanta
FROM {days_of_parts} AS of_part
JOIN key_numbers ON key_numbers.part = of_part.part AND key_numbers.part_kid = of_part.kid
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE bill_fingerprints AS
SELECT
    day,
    CAST(sum(CAST(of_quanta AS HUGEINT)) AS VARCHAR) || '|'
        || CAST(sum(CAST(of_quanta_low AS HUGEINT)) AS VARCHAR) || '|'
        || CAST(sum(CAST(of_lines AS HUGEINT)) AS VARCHAR) AS fingerprint
FROM {fingerprints_of_parts}
GROUP BY day;
