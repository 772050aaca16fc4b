-- reads: {lines}
-- By spelling of a key, its keys with their cost, and together: cost, values, largest value, resources
--     (roughly, and once per value) and days. Keys that differ in case and in marks between words are
--     spellings of one, but for those that stand apart.
-- A day is a bit, so that days can be counted over values.
WITH tagged AS (
    SELECT unnest(map_entries(Tags)) AS tag, *
    FROM {lines}
    WHERE ChargeCategory = 'Usage' AND cost > 0
),
by_value AS (
    SELECT
        tag.key AS key,
        lower(trim(tag.value)) AS value,
        sum(cost) AS cost,
        approx_count_distinct(ResourceId) AS resources,
        bit_or(CAST(1 AS BIGINT) << CAST(day(ChargePeriodStart) AS BIGINT)) AS days
    FROM tagged
    GROUP BY ALL
),
spelt AS (
    SELECT
        *,
        CASE
            WHEN list_contains(CAST($apart AS VARCHAR[]), key) THEN key
            ELSE lower(regexp_replace(key, '[-_. ]', '', 'g'))
        END AS spelling
    FROM by_value
    WHERE value <> ''
),
keys AS (
    SELECT spelling, list(key ORDER BY cost DESC, key) AS keys
    FROM (SELECT spelling, key, sum(cost) AS cost FROM spelt GROUP BY ALL)
    GROUP BY spelling
),
spelt_values AS (
    SELECT spelling, sum(cost) AS cost, sum(resources) AS resources, bit_or(days) AS days
    FROM spelt
    GROUP BY spelling, value
)
SELECT
    any_value(keys.keys), sum(cost), count(*), max(cost), sum(resources), bit_count(bit_or(days))
FROM spelt_values
JOIN keys USING (spelling)
GROUP BY spelling
ORDER BY spelling;
