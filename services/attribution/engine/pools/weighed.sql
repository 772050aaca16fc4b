-- Each item beside the weights of those that its way ends with.
CREATE OR REPLACE TEMP TABLE weighed AS
SELECT
    items.item AS cell,
    items.units,
    shares.recipient,
    shares.weight,
    shares.tenants_total AS total,
    shares.level
FROM items
JOIN shares
    ON shares.pool = items.via AND shares.grain = items.grain AND shares.bucket = items.bucket
WHERE NOT starts_with(shares.recipient, 'pool:');
