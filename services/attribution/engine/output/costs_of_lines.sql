-- reads: {lines}
-- What lines of other months' bills cost, by the parts of a proof, and of how many that isn't known.
SELECT
    coalesce(x_Source, ''),
    coalesce(x_Account, ''),
    coalesce(ServiceName, ''),
    coalesce(ChargeCategory, ''),
    CAST(coalesce(sum({cost}), 0) AS DECIMAL(38,10)),
    count(*) FILTER (WHERE {cost} IS NULL)
FROM {lines}
GROUP BY ALL;
