-- reads: {lines}
-- What values of several keys stand on one line.
SELECT DISTINCT {values}
FROM {lines}
WHERE {count} > 1
LIMIT {values_max};
