-- reads: {lines}
SELECT 1
FROM {lines}
WHERE x_SplitCost IS NOT NULL AND {is_split_row}
LIMIT 1;
