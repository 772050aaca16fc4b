CREATE OR REPLACE TEMP TABLE smoothed AS
SELECT
    smoothed_usage.filename,
    smoothed_usage.file_row_number,
    CAST(
        CAST(parts.units AS DECIMAL(28,0)) * CAST('0.0000000001' AS DECIMAL(10,10))
        AS DECIMAL(18,10)
    ) AS cost
FROM smoothed_usage
JOIN parts ON parts.cell = smoothed_usage.cell AND parts.recipient = smoothed_usage.line;
