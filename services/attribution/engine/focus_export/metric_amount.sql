-- reads: nothing
CAST(
    CAST(coalesce(sum(quanta) FILTER (WHERE metric = {metric}), 0) AS DECIMAL(28,0))
    * CAST('0.0000000001' AS DECIMAL(10,10))
    AS DECIMAL(38,10)
)
