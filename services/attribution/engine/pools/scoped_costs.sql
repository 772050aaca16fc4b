-- The costs of the lines that a driver looks at, beside the direct costs of all.
INSERT INTO direct_costs
SELECT
    scopes.scope,
    CASE WHEN claims.kind = 'pool' THEN 'pool:' ELSE '' END || claims.recipient,
    facts.hour,
    sum(facts.units)
FROM facts
JOIN claims ON claims.kid = facts.kid
JOIN scopes ON scopes.vid = claims.vid
WHERE claims.kind = 'tenant' OR (scopes.counts_all AND claims.kind <> 'excluded')
GROUP BY ALL;
