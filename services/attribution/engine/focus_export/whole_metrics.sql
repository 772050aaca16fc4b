-- reads: {lines}
-- Whether every line has the metric.
SELECT
    count(BilledCost) = count(*),
    count(ContractedCost) = count(*),
    count(EffectiveCost) = count(*),
    count(ListCost) = count(*)
FROM {lines};
