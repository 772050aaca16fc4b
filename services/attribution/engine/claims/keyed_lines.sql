-- reads: {lines}  makes: keyed_lines
CREATE OR REPLACE TEMP VIEW keyed_lines AS
SELECT
    {columns},
    date_trunc('hour', ChargePeriodStart) AS hour,
    CASE
        WHEN ChargePeriodEnd IS NULL
            OR ChargePeriodEnd <= date_trunc('hour', ChargePeriodStart) + INTERVAL 1 HOUR
            THEN CAST('hour' AS span)
        WHEN ChargePeriodEnd <= date_trunc('day', ChargePeriodStart) + INTERVAL 1 DAY
            THEN CAST('day' AS span)
        ELSE CAST('period' AS span)
    END AS span,
    CAST({cost} * 10000000000 AS BIGINT) AS quanta,
    x_LineId AS line
FROM {lines};
