-- What each allocation says beside its day and amount. Its texts are dictionaries already, in the
-- order of their values: so the file is written three times as fast.
CREATE TEMP TABLE said AS
SELECT DISTINCT ON (allocation)
    allocation,
    {texts},
    CAST(CAST(dimensions AS JSON) AS MAP(VARCHAR, VARCHAR)) AS dimensions
FROM result_lines
CROSS JOIN run;
