-- reads: signals  makes: copied_files
-- Files of signals that say the same as an earlier one, whatever their form and their rows' order.
-- What has an id counts once, in however many files it is.
CREATE OR REPLACE TEMP TABLE copied_files AS
WITH files AS (
    SELECT
        file,
        count(*) AS row_count,
        sum(CAST(hash(
            meter, start_utc, consumer, CAST(quantity AS DECIMAL(38,18)), end_utc, unit, source
        ) AS HUGEINT)) AS content
    FROM signals
    WHERE id IS NULL
    GROUP BY file
),
numbered AS (
    SELECT *, min(file) OVER (PARTITION BY row_count, content) AS first
    FROM files
)
SELECT file, first, row_count
FROM numbered
WHERE file <> first;
