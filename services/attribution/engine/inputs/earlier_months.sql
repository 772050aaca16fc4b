-- reads: {lines}
-- Each line with the month it belongs to, where that is one of these; '' of all others. A charge period
-- lies in one month, and what is bought is of the bill it came in. A line that ends before it starts is
-- of its start.
SELECT
    *,
    CASE
        WHEN ChargePeriodStart < {before}
            AND lower(coalesce(ChargeCategory, '')) <> 'purchase'
            AND date_trunc('month', ChargePeriodStart) = date_trunc('month', greatest(
                ChargePeriodStart,
                coalesce(ChargePeriodEnd - INTERVAL 1 MICROSECOND, ChargePeriodStart)
            ))
            AND strftime(ChargePeriodStart, '%Y-%m') IN ({months})
        THEN strftime(ChargePeriodStart, '%Y-%m')
        ELSE ''
    END AS moved_to
FROM {lines}
