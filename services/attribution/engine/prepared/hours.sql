-- reads: {hours}, {key_numbers}, line_claims, {days}  makes: {table}
-- Facts by the hour of keys that pools took, or that others did, on these days; of all parts.
CREATE OR REPLACE TEMP TABLE {table} AS
WITH numbers AS (
    SELECT key_numbers.part, key_numbers.part_kid, key_numbers.kid
    FROM {key_numbers} AS key_numbers
    JOIN line_claims ON line_claims.kid = key_numbers.kid
    WHERE (line_claims.kind = 'pool') = {of_pools}
)
SELECT
    numbers.kid,
    hours.started_at,
    hours.ended_at,
    CAST(sum(hours.quanta) AS HUGEINT) AS quanta
FROM {hours} AS hours
JOIN numbers ON numbers.part = hours.part AND numbers.part_kid = hours.kid
WHERE CAST(hours.started_at AS DATE) IN (SELECT day FROM {days})
GROUP BY ALL;
