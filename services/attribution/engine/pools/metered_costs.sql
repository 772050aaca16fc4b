-- reads: facts, claims, scopes, driver_buckets, covers, period  makes: direct_costs, metered_costs
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

CREATE OR REPLACE TEMP TABLE metered_costs AS
WITH placed AS (
    SELECT CAST('hour' AS span) AS grain, hour AS moment, scope, tenant, quanta FROM direct_costs
    UNION ALL
    SELECT CAST('day' AS span), date_trunc('day', hour), scope, tenant, quanta FROM direct_costs
    UNION ALL
    SELECT CAST('period' AS span), (SELECT started_at FROM period), scope, tenant, quanta
    FROM direct_costs
),
boxed AS (
    SELECT scope, grain, moment, tenant, sum(quanta) AS quanta
    FROM placed
    WHERE grain IN (SELECT grain FROM driver_buckets)
    GROUP BY ALL
)
SELECT
    boxed.*,
    CASE grain WHEN 'period' THEN (SELECT ended_at FROM period) ELSE box_end(grain, moment) END
        AS moment_end
FROM boxed
UNION ALL BY NAME
SELECT
    boxed.scope,
    covers.grain,
    covers.moment,
    covers.moment_end,
    boxed.tenant,
    sum(boxed.quanta * covers.part) AS quanta
FROM covers
JOIN boxed ON boxed.grain = covers.grain AND boxed.moment = covers.box
GROUP BY ALL;
