-- reads: {lines}
-- Lines that have an effective cost.
SELECT count(EffectiveCost)
FROM {lines};
