-- reads: asked, metered_usage
-- By the shares of $meters, each counted by its part of $parts, where all of them are metered.
WITH blended AS (
    SELECT unnest($meters) AS meter, unnest($parts) AS part
),
metered AS (
    SELECT
        asked.own_grain,
        asked.bucket,
        asked.bucket_end,
        CASE WHEN metered_usage.is_active THEN metered_usage.tenant ELSE {UNMETERED} || asked.pool END AS recipient,
        metered_usage.meter,
        CAST(blended.part AS HUGEINT) AS part,
        metered_usage.weight,
        sum(metered_usage.weight) OVER (PARTITION BY asked.own_grain, asked.bucket, asked.bucket_end, metered_usage.meter) AS total
    FROM asked
    JOIN metered_usage ON metered_usage.grain = asked.grain AND metered_usage.moment = asked.moment AND metered_usage.moment_end = asked.moment_end
    JOIN blended ON blended.meter = metered_usage.meter
),
whole AS (
    SELECT own_grain, bucket, bucket_end
    FROM metered
    GROUP BY own_grain, bucket, bucket_end
    HAVING count(DISTINCT meter) = (SELECT count(*) FROM blended)
)
SELECT own_grain, bucket, bucket_end, recipient, part * (weight * 1099511627776 // total) AS weight
FROM metered
JOIN whole USING (own_grain, bucket, bucket_end)
