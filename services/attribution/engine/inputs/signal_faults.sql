-- reads: signals
-- The first fault of the first row that has one, as `field:what is wrong`, and how many rows have a
-- fault in that field.
SELECT file, row, fault, count(*) OVER (PARTITION BY split_part(fault, ':', 1)) AS row_count
FROM (
    SELECT
        file,
        row,
        CASE
            WHEN coalesce(meter, '') = '' THEN 'meter:is missing'
            WHEN coalesce(consumer, '') = '' THEN 'consumer:is missing'
            WHEN quantity IS NULL THEN 'quantity:is missing'
            WHEN {no_quantity} THEN 'quantity:' || quantity || ' is no number'
            WHEN CAST(quantity AS DECIMAL(38,18)) < 0 THEN 'quantity:' || quantity || ' is negative'
            WHEN start IS NULL THEN 'start:is missing'
            WHEN start_utc IS NULL THEN 'start:' || start || ' is no time'
            WHEN start_utc < {period_start} OR start_utc >= {period_end}
                THEN 'start:' || start || ' is outside ' || $period
            WHEN "end" IS NOT NULL AND end_utc IS NULL THEN 'end:' || "end" || ' is no time'
            WHEN end_utc < start_utc THEN 'end:' || "end" || ' is before the start'
        END AS fault
    FROM signals
)
WHERE fault IS NOT NULL
ORDER BY file, row
LIMIT 1;
