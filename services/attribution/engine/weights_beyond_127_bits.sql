-- reads: {weights}
-- Compared in floating point, with a margin: 2^127 is 1.7e38.
SELECT cell, level, quanta, recipient, weight
FROM {weights}
WHERE CAST(abs(quanta) AS DOUBLE) * CAST(total AS DOUBLE) >= 1e38
ORDER BY ALL;
