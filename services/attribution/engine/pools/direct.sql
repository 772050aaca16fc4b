-- What rules, labels and defaults claimed goes to its recipient as it is.
CREATE TEMP TABLE whole_keys AS
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

CREATE TEMP VIEW taken_whole AS
SELECT
    facts.kid,
    facts.hour,
    facts.span,
    CAST(facts.hour AS DATE) AS day,
    whole_keys.* EXCLUDE (kid),
    facts.units
FROM facts
JOIN whole_keys ON whole_keys.kid = facts.kid;

-- The base of `proportional: direct`: what each tenant got directly, hour by hour.
CREATE TEMP TABLE direct_costs AS
SELECT '' AS scope, claims.recipient AS tenant, facts.hour, sum(facts.units) AS units
FROM facts
JOIN claims ON claims.kid = facts.kid
WHERE claims.kind = 'tenant'
GROUP BY ALL;

-- A pool's cells: one whole number of units each, to be split. A line that is longer than the
-- pool's own grain is split by its own length, so that a day's charge goes by the day's use.
CREATE TEMP VIEW pool_facts AS
WITH grained AS (
    SELECT
        pools.pool,
        greatest(pools.grain, facts.span) AS grain,
        facts.hour,
        facts.span,
        facts.units,
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
        WHEN 1 THEN hour
        WHEN 2 THEN date_trunc('day', hour)
        ELSE (SELECT started_at FROM period)
    END AS bucket,
    CAST(hour AS DATE) AS day
FROM grained;

CREATE TEMP TABLE cells AS
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
        CAST(sum(units) AS HUGEINT) AS units
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

CREATE TEMP TABLE buckets AS
SELECT DISTINCT
    pool,
    grain,
    bucket,
    CASE grain
        WHEN 1 THEN bucket + INTERVAL 1 HOUR
        WHEN 2 THEN bucket + INTERVAL 1 DAY
        ELSE (SELECT ended_at FROM period)
    END AS bucket_end
FROM cells;

CREATE TEMP TABLE candidates (
    pool VARCHAR, grain INTEGER, bucket TIMESTAMP, level INTEGER, recipient VARCHAR, weight HUGEINT
);
