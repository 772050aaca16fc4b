-- reads: smoothed_usage, smoothed_parts  makes: smoothed_costs
CREATE OR REPLACE TEMP TABLE smoothed_costs AS
SELECT
    smoothed_usage.filename,
    smoothed_usage.file_row_number,
    CAST(
        CAST(smoothed_parts.quanta AS DECIMAL(28,0)) * CAST('0.0000000001' AS DECIMAL(10,10))
        AS DECIMAL(38,10)
    ) AS cost
FROM smoothed_usage
JOIN smoothed_parts
    ON smoothed_parts.cell = smoothed_usage.cell AND smoothed_parts.recipient = smoothed_usage.line;
