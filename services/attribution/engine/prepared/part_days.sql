-- reads: part_keys, part_hours  makes: part_days, part_fingerprints
CREATE OR REPLACE TEMP TABLE part_days AS
SELECT kid, CAST(started_at AS DATE) AS day, CAST(sum(quanta) AS DECIMAL(38,0)) AS quanta
FROM part_hours
GROUP BY ALL;

-- A fingerprint of each day: sums over its lines, so that neither their order nor the parts they
-- come in change it. Two of them weigh the quanta, by 31 bits of the line's hash each; of the quanta
-- of the largest amounts 62 bits, so that the sum of thousand million lines has a place.
CREATE OR REPLACE TEMP TABLE part_fingerprints AS
SELECT
    CAST(started_at AS DATE) AS day,
    CAST(sum(
        CAST(hashed >> 33 AS HUGEINT) * (CAST(quanta AS HUGEINT) % 4611686018427387904)
    ) AS VARCHAR) AS of_quanta,
    CAST(sum(
        CAST(hashed & 2147483647 AS HUGEINT) * (CAST(quanta AS HUGEINT) % 4611686018427387904)
    ) AS VARCHAR) AS of_quanta_low,
    CAST(sum(CAST(hashed AS HUGEINT) * lines) AS VARCHAR) AS of_lines
FROM (
    SELECT part_hours.*, hash(part_keys.name_hash, started_at, ended_at) AS hashed
    FROM part_hours
    JOIN part_keys USING (kid)
)
GROUP BY ALL;
