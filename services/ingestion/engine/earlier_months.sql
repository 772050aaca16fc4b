-- reads: {lines}
-- The months before the billing period in which charge periods start, the newest first.
SELECT DISTINCT strftime(ChargePeriodStart, '%Y-%m') AS month
FROM {lines}
WHERE ChargePeriodStart < {before} AND ChargePeriodStart >= {since}
ORDER BY month DESC;
