-- reads: facts, keys, claims, pools, period
-- A pool's cells: one whole number of quanta each, to be split. A line that is no shorter than the
-- pool's own grain is split by its own length, as far as it lies in the period: a day's charge goes
-- by the day's use, and one of half an hour on both sides of midnight by these two hours'.
WITH placed AS (
    SELECT
        pools.pool,
        pools.grain AS pool_grain,
        facts.started_at,
        facts.ended_at,
        CASE
            WHEN facts.started_at < period.started_at AND facts.ended_at > period.started_at
                THEN period.started_at
            ELSE facts.started_at
        END AS inner_start,
        CASE
            WHEN facts.ended_at > period.ended_at AND facts.started_at < period.ended_at
                THEN period.ended_at
            ELSE facts.ended_at
        END AS inner_end,
        period.started_at AS period_start,
        period.ended_at AS period_end,
        facts.quanta,
        keys.*,
        claims.rule,
        claims.dimensions
    FROM facts
    JOIN keys ON keys.kid = facts.kid
    JOIN claims ON claims.kid = facts.kid
    JOIN pools ON pools.pool = claims.recipient
    CROSS JOIN period
    WHERE claims.kind = 'pool'
),
grained AS (
    SELECT
        *,
        greatest(pool_grain, own_grain(inner_start, inner_end, period_start, period_end)) AS grain
    FROM placed
)
SELECT
    * EXCLUDE (pool_grain, inner_start, inner_end, period_start, period_end),
    CASE grain WHEN 'period' THEN period_start ELSE split_start(grain, inner_start, inner_end) END
        AS bucket,
    CASE grain WHEN 'period' THEN period_end ELSE split_end(grain, inner_start, inner_end) END
        AS bucket_end,
    CAST(started_at AS DATE) AS day
FROM grained
