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
    facts.hour,
    facts.span,
    CAST(facts.hour AS DATE) AS day,
    whole_keys.* EXCLUDE (kid),
    facts.quanta
FROM facts
JOIN whole_keys ON whole_keys.kid = facts.kid;

-- The base of `proportional`: what each tenant got directly, hour by hour; and, for drivers that
-- look at some lines or at everybody's, the costs of these.
CREATE OR REPLACE TEMP TABLE direct_costs AS
SELECT '' AS scope, claims.recipient AS tenant, facts.hour, sum(facts.quanta) AS quanta
FROM facts
JOIN claims ON claims.kid = facts.kid
WHERE claims.kind = 'tenant'
GROUP BY ALL
UNION ALL
SELECT
    scopes.scope,
    CASE WHEN claims.kind = 'pool' THEN {POOL} ELSE '' END || claims.recipient,
    facts.hour,
    sum(facts.quanta)
FROM facts
JOIN claims ON claims.kid = facts.kid
JOIN scopes ON scopes.vid = claims.vid
WHERE claims.kind = 'tenant' OR (scopes.counts_all AND claims.kind <> 'excluded')
GROUP BY ALL;

-- A pool's cells: one whole number of quanta each, to be split. A line that is longer than the
-- pool's own grain is split by its own length, so that a day's charge goes by the day's use.
CREATE OR REPLACE TEMP VIEW pool_facts AS
WITH grained AS (
    SELECT
        pools.pool,
        greatest(pools.grain, facts.span) AS grain,
        facts.hour,
        facts.span,
        facts.quanta,
        keys.*,
        claims.rule,
        claims.dimensions
    FROM facts
    JOIN keys ON keys.kid = facts.kid
    JOIN claims ON claims.kid = facts.kid
    JOIN pools ON pools.pool = claims.recipient
    WHERE claims.kind = 'pool'
)
SELECT
    *,
    CASE grain
        WHEN 'hour' THEN hour
        WHEN 'day' THEN date_trunc('day', hour)
        ELSE (SELECT started_at FROM period)
    END AS bucket,
    CAST(hour AS DATE) AS day
FROM grained;

CREATE OR REPLACE TEMP TABLE cells AS
WITH summed AS (
    SELECT
        pool,
        grain,
        bucket,
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
        ORDER BY pool, grain, bucket, day, service, account, region, rule, dimensions, source,
            charge_category
    ) AS cell,
    *
FROM summed;
