-- reads: results
SELECT
    reason,
    service,
    account,
    tag_key,
    tag_value,
    CAST(
        CAST(sum(quanta) AS DECIMAL(28,0)) * CAST('0.0000000001' AS DECIMAL(10,10))
        AS DECIMAL(38,10)
    )
FROM results
WHERE reason <> ''
GROUP BY ALL
ORDER BY ALL;
