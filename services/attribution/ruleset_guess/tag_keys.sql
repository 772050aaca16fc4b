-- reads: {lines}
-- By key of a tag: its cost, values, largest value, resources (roughly, and once per value) and days.
-- A day is a bit, so that days can be counted over values.
WITH tagged AS (
    SELECT unnest(map_entries(Tags)) AS tag, *
    FROM {lines}
    WHERE ChargeCategory = 'Usage' AND EffectiveCost > 0
),
by_value AS (
    SELECT
        tag.key AS key,
        tag.value AS value,
        sum(EffectiveCost) AS cost,
        approx_count_distinct(ResourceId) AS resources,
        bit_or(CAST(1 AS BIGINT) << CAST(day(ChargePeriodStart) AS BIGINT)) AS days
    FROM tagged
    GROUP BY ALL
)
SELECT key, sum(cost), count(*), max(cost), sum(resources), bit_count(bit_or(days))
FROM by_value
GROUP BY key
ORDER BY key;
