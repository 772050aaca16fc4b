-- reads: {lines}
-- Whether every line has it.
SELECT count(EffectiveCost) = count(*), count(BilledCost) = count(*)
FROM {lines};
