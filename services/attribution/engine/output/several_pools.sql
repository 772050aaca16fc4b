-- reads: claims, {costs}
-- What one pool took and others would have, too.
SELECT claims.recipient, claims.also_matched, sum(costs.quanta)
FROM claims
JOIN {costs} AS costs USING (kid)
WHERE also_matched <> ''
GROUP BY ALL
ORDER BY ALL;
