-- reads: usage
SELECT tenant, meter, sum(quantity), max(unit)
FROM usage
WHERE NOT starts_with(tenant, {POOL})
GROUP BY tenant, meter
ORDER BY tenant, meter;
