-- reads: staged  makes: focus_lines
CREATE OR REPLACE TEMP VIEW focus_lines AS
SELECT
    *,
    Tags AS tags_a,
    CAST(NULL AS VARCHAR) AS tags_b,
    CAST(NULL AS VARCHAR) AS tags_c
FROM staged
WHERE date_trunc('month', {billing_period}) = {started_at}
    AND row BETWEEN {first_row} AND {last_row};
