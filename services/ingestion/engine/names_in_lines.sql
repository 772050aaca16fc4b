-- reads: {lines}
SELECT DISTINCT 'account', x_Account
FROM {lines}
WHERE x_Account <> ''
UNION ALL
SELECT DISTINCT 'service', ServiceName
FROM {lines}
WHERE ServiceName <> ''
UNION ALL
SELECT DISTINCT 'tag_key', unnest(map_keys(Tags))
FROM {lines};
