-- reads: {lines}
-- Of lines that belong to earlier months, by month and source: how many they are, their amounts, and
-- sums over their hashes, so that their order does not count. chr(31) separates columns.
SELECT
    moved_to,
    x_Source,
    count(*),
    coalesce(sum(BilledCost), 0),
    coalesce(sum(EffectiveCost), 0),
    sum(md5_number_lower(content)),
    sum(md5_number_upper(content))
FROM (
    SELECT *, concat_ws(chr(31), {texts}) AS content
    FROM {lines}
    WHERE moved_to <> ''
)
GROUP BY ALL
ORDER BY ALL;
