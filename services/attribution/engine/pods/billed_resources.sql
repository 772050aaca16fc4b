-- reads: resources, line_keys
SELECT carrier, resource, place IN (SELECT place FROM line_keys)
FROM resources
ORDER BY carrier, resource;
