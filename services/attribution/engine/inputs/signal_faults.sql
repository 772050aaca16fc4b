-- reads: signals
-- The first fault of the first row that has one, as `field:what is wrong`.
SELECT file, row, fault
FROM (
    SELECT
        file,
        row,
        CASE
            WHEN coalesce(meter, '') = '' THEN 'meter:is missing'
            WHEN coalesce(consumer, '') = '' THEN 'consumer:is missing'
            WHEN quantity IS NULL THEN 'quantity:is missing'
            -- DuckDB would take `1_000` for a number.
            WHEN try_cast(quantity AS DECIMAL(38,18)) IS NULL OR contains(quantity, '_')
                THEN 'quantity:' || quantity || ' is no number'
            WHEN CAST(quantity AS DECIMAL(38,18)) < 0 THEN 'quantity:' || quantity || ' is negative'
            WHEN try_cast(start AS TIMESTAMPTZ) IS NULL
                THEN 'start:' || coalesce(start, '') || ' is no time'
            WHEN CAST(start AS TIMESTAMPTZ) < $start OR CAST(start AS TIMESTAMPTZ) >= $end
                THEN 'start:' || start || ' is outside ' || $period
            WHEN "end" IS NOT NULL AND try_cast("end" AS TIMESTAMPTZ) IS NULL
                THEN 'end:' || "end" || ' is no time'
            WHEN CAST("end" AS TIMESTAMPTZ) < CAST(start AS TIMESTAMPTZ)
                THEN 'end:' || "end" || ' is before the start'
        END AS fault
    FROM signals
)
WHERE fault IS NOT NULL
ORDER BY file, row
LIMIT 1;
