-- reads: results
-- What nobody was found for, by the values of one column.
SELECT {value}, CAST(sum(quanta) AS HUGEINT)
FROM results
WHERE reason <> ''
GROUP BY 1;
