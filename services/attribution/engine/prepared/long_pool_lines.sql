-- reads: facts, claims, kept_days
SELECT 1
FROM facts
JOIN claims USING (kid)
WHERE claims.kind = 'pool'
    AND facts.ended_at > box_end('day', facts.started_at)
    AND EXISTS (SELECT 1 FROM kept_days)
LIMIT 1;
