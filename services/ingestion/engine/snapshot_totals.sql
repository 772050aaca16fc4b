-- reads: {lines}
-- Sums over the lines' hashes, so that their order does not count. chr(31) separates columns.
SELECT
    count(*),
    coalesce(sum(BilledCost), 0),
    coalesce(sum(EffectiveCost), 0),
    count(*) FILTER (WHERE EffectiveCost IS NULL),
    sum(md5_number_lower(content)),
    sum(md5_number_upper(content))
FROM (
    SELECT *, concat_ws(chr(31), {texts}) AS content
    FROM {lines}
);
