-- reads: items, shares  makes: item_weights
-- Each item beside the weights of those that its route ends with.
CREATE OR REPLACE TEMP TABLE item_weights AS
SELECT
    items.item AS cell,
    items.quanta,
    shares.recipient,
    shares.weight,
    shares.tenants_total AS total,
    shares.level
FROM items
JOIN shares
    ON shares.pool = items.via AND shares.grain = items.grain AND shares.bucket = items.bucket
    AND shares.bucket_end = items.bucket_end
WHERE NOT starts_with(shares.recipient, {POOL});
