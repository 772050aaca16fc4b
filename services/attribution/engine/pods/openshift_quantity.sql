-- reads: nothing
-- What is no number stays as it stands, to be refused by its place. Seconds are measured, not
-- counted: nine decimals of an hour are far finer.
CASE
    WHEN try_cast({text} AS DOUBLE) IS NULL OR isnan(try_cast({text} AS DOUBLE)) THEN {text}
    ELSE CAST(CAST(round(CAST({text} AS DOUBLE) / {divisor}, 9) AS DECIMAL(38,9)) AS VARCHAR)
END
