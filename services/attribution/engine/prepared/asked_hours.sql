-- The facts by hour of the keys and days that are asked for, of one part of the bill.
INSERT INTO hourly
SELECT numbers.kid, hours.hour, hours.span, CAST(hours.units AS HUGEINT)
FROM {hours} AS hours
JOIN asked_numbers AS numbers ON numbers.part = $part AND numbers.part_kid = hours.kid
WHERE CAST(hours.hour AS DATE) IN (SELECT day FROM {days});
