-- reads: keys, claims, facts, pools, scopes, period
--     makes: whole_keys, taken_whole, direct_costs, pool_facts, cells
-- What rules, labels and defaults claimed goes to its recipient as it is.
CREATE OR REPLACE TEMP TABLE whole_keys AS
SELECT
    keys.kid,
    claims.recipient AS tenant,
    keys.charge_group,
    keys.service,
    keys.account,
    keys.region,
    claims.method,
    claims.rule,
    claims.driver,
    claims.dimensions,
    keys.source,
    keys.charge_category,
    claims.reason,
    claims.tag_key,
    claims.tag_value
FROM keys
JOIN claims ON claims.kid = keys.kid
WHERE claims.kind <> 'pool';

CREATE OR REPLACE TEMP VIEW taken_whole AS
SELECT
    facts.kid,
    facts.started_at,
    facts.ended_at,
    CAST(facts.started_at AS DATE) AS day,
    whole_keys.* EXCLUDE (kid),
    facts.quanta
FROM facts
JOIN whole_keys ON whole_keys.kid = facts.kid;

-- The base of `proportional`: what each tenant got directly, by the hour in which it begins; and, for
-- drivers that look at some lines or at everybody's, the costs of these.
CREATE OR REPLACE TEMP TABLE direct_costs AS
SELECT '' AS scope, claims.recipient AS tenant, date_trunc('hour', facts.started_at) AS hour,
    sum(facts.quanta) AS quanta
FROM facts
JOIN claims ON claims.kid = facts.kid
WHERE claims.kind = 'tenant'
GROUP BY ALL
UNION ALL
SELECT
    scopes.scope,
    CASE WHEN claims.kind = 'pool' THEN {POOL} ELSE '' END || claims.recipient,
    date_trunc('hour', facts.started_at),
    sum(facts.quanta)
FROM facts
JOIN claims ON claims.kid = facts.kid
JOIN scopes ON scopes.vid = claims.vid
WHERE claims.kind = 'tenant' OR (scopes.counts_all AND claims.kind <> 'excluded')
GROUP BY ALL;

-- A pool's cells: one whole number of quanta each, to be split. A line that is no shorter than the
-- pool's own grain is split by its own length, as far as it lies in the period: a day's charge goes
-- by the day's use, and one of half an hour on both sides of midnight by these two hours'.
CREATE OR REPLACE TEMP VIEW pool_facts AS
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
FROM grained;

CREATE OR REPLACE TEMP TABLE cells AS
WITH summed AS (
    SELECT
        pool,
        grain,
        bucket,
        bucket_end,
        day,
        service,
        account,
        region,
        rule,
        dimensions,
        source,
        charge_category,
        CAST(sum(quanta) AS HUGEINT) AS quanta
    FROM pool_facts
    GROUP BY ALL
)
SELECT
    row_number() OVER (
        ORDER BY pool, grain, bucket, bucket_end, day, service, account, region, rule, dimensions,
            source, charge_category
    ) AS cell,
    *
FROM summed;
