-- reads: {moved}
-- What smoothing took from accounts and gave to others, as amounts.
SELECT
    source,
    account,
    service,
    charge_category,
    CAST(
        CAST(quanta AS DECIMAL(28,0)) * CAST('0.0000000001' AS DECIMAL(10,10)) AS DECIMAL(38,10)
    )
FROM {moved};
