-- The direct costs of the lines that a driver looks at, beside those of all.
INSERT INTO direct_costs
SELECT scopes.scope, claims.recipient, facts.hour, sum(facts.units)
FROM facts
JOIN claims ON claims.kid = facts.kid
JOIN scopes ON scopes.vid = claims.vid
WHERE claims.kind = 'tenant'
GROUP BY ALL;
