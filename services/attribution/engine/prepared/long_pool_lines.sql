-- reads: facts, claims, kept_days
SELECT 1
FROM facts
JOIN claims USING (kid)
WHERE claims.kind = 'pool' AND facts.span = 'period' AND EXISTS (SELECT 1 FROM kept_days)
LIMIT 1;
