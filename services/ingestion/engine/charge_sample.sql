-- reads: {lines}
-- Only digests up to a bound are sorted out, so that memory is the same for any number of lines.
SELECT DISTINCT digest
FROM (
    SELECT
        md5_number_lower(
            concat_ws(
                chr(31),
                coalesce(BillingAccountId, ''),
                coalesce(x_Account, ''),
                coalesce(ResourceId, ''),
                SkuMeter,
                CAST(ChargePeriodStart AS VARCHAR)
            )
        ) >> 1 AS digest
    FROM {lines}
    WHERE SkuMeter <> ''
)
WHERE digest <= $bound
ORDER BY digest
LIMIT $size;
