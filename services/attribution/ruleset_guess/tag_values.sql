-- reads: {lines}
-- By value of a label, whichever of its keys it is of.
SELECT {place} AS place, {value} AS value, sum(cost)
FROM {lines}
WHERE value <> ''
GROUP BY ALL
ORDER BY sum(cost) DESC, value, place
LIMIT {values_max};
