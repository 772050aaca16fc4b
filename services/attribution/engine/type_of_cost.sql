-- reads: {lines}
SELECT typeof({cost})
FROM {lines}
LIMIT 1;
