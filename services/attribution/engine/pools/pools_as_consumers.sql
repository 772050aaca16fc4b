-- reads: usage
SELECT DISTINCT meter, tenant
FROM usage
WHERE starts_with(tenant, {POOL});
