-- reads: {lines}  makes: keyed_lines
-- A line within an hour is of that hour. Any other has its own length, to the second, whose last one
-- is an hour's end: some write an end as the last second that it includes.
CREATE OR REPLACE TEMP VIEW keyed_lines AS
WITH measured AS (
    SELECT
        *,
        ChargePeriodEnd IS NULL
            OR ChargePeriodEnd <= date_trunc('hour', ChargePeriodStart) + INTERVAL 1 HOUR
            AS is_of_an_hour
    FROM {lines}
)
SELECT
    {columns},
    CASE
        WHEN is_of_an_hour THEN date_trunc('hour', ChargePeriodStart)
        ELSE date_trunc('second', ChargePeriodStart)
    END AS started_at,
    CASE
        WHEN is_of_an_hour THEN date_trunc('hour', ChargePeriodStart) + INTERVAL 1 HOUR
        WHEN minute(ChargePeriodEnd) = 59 AND second(ChargePeriodEnd) = 59
            THEN date_trunc('hour', ChargePeriodEnd) + INTERVAL 1 HOUR
        ELSE date_trunc('second', ChargePeriodEnd + INTERVAL 999999 MICROSECOND)
    END AS ended_at,
    CAST({cost} * 10000000000 AS {quanta}) AS quanta,
    x_LineId AS line
FROM measured;
