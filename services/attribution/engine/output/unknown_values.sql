-- reads: claims, {costs}
-- Labels' values that no tenant has, by who got their lines; the largest amounts first.
SELECT claims.kind, claims.recipient, claims.unknown_value, sum(costs.quanta) AS quanta
FROM claims
JOIN {costs} AS costs USING (kid)
WHERE claims.unknown_value <> ''
GROUP BY ALL
ORDER BY abs(sum(costs.quanta)) DESC, claims.recipient, claims.unknown_value
LIMIT {values_max};
