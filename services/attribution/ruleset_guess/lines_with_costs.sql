-- reads: {lines}
SELECT *, {cost} AS cost
FROM {lines}
