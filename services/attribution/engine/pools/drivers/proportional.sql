-- reads: asked, metered_costs
SELECT
    asked.own_grain,
    asked.bucket,
    asked.bucket_end,
    metered_costs.tenant AS recipient,
    metered_costs.quanta AS weight
FROM asked
JOIN metered_costs
    ON metered_costs.scope = asked.scope AND metered_costs.grain = asked.grain AND metered_costs.moment = asked.moment AND metered_costs.moment_end = asked.moment_end
