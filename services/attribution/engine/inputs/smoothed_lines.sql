-- reads: {lines}, smoothed_costs
-- The lines of one file, in their order, with the cost that smoothing gives them.
SELECT
    * EXCLUDE (filename, file_row_number, cost)
        REPLACE (CAST(coalesce(smoothed.cost, EffectiveCost) AS {cost_type}) AS EffectiveCost)
FROM {lines} AS lines
LEFT JOIN (
    SELECT file_row_number, cost
    FROM smoothed_costs
    WHERE filename = {file}
) AS smoothed USING (file_row_number)
