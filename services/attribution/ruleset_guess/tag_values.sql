-- reads: {lines}
SELECT trim({tag}) AS value, sum(EffectiveCost)
FROM {lines}
WHERE value <> ''
GROUP BY ALL
ORDER BY sum(EffectiveCost) DESC, value
LIMIT {values_max};
