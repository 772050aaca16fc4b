-- reads: usage
SELECT meter, tenant, count(*), sum(quantity)
FROM usage
WHERE meter IN (SELECT unnest($meters))
GROUP BY meter, tenant
ORDER BY meter, tenant;
