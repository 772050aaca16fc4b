-- reads: {lines}
SELECT DISTINCT {value}
FROM {lines};
