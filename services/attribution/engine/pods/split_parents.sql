-- reads: {lines}, split_rows  makes: split_parents
-- Lines of the instances by hour, and the amortised quanta among them that AWS splits: usage of an
-- instance's own price, by these words of its usage type.
CREATE OR REPLACE TEMP TABLE split_parents AS
SELECT
    {resource} AS node,
    date_trunc('hour', ChargePeriodStart) AS started_at,
    count(*) AS line_count,
    CAST(sum(CASE
        WHEN ChargeCategory = 'Usage' AND regexp_matches(
            coalesce(x_UsageType, SkuMeter, ''), '(Box|Spot|Dedicated|Sched|Host)Usage'
        )
        THEN CAST(EffectiveCost * 10000000000 AS HUGEINT)
        ELSE 0
    END) AS HUGEINT) AS quanta
FROM {lines}
WHERE NOT {is_split_row} AND {resource} IN (SELECT node FROM split_rows)
GROUP BY ALL;
