-- reads: keys, {costs}
-- What stays in this bill and belongs to another month, by that month.
SELECT keys.late_month, CAST(sum(costs.quanta) AS HUGEINT)
FROM keys
JOIN {costs} AS costs USING (kid)
WHERE keys.late_month <> ''
GROUP BY ALL
ORDER BY ALL;
