-- reads: result_lines  makes: allocation_texts
-- What an allocation is beside its day and amount. Its texts are dictionaries already, in the order
-- of their values: so the file is written three times as fast.
CREATE OR REPLACE TEMP TABLE allocation_texts AS
SELECT DISTINCT ON (allocation)
    allocation,
    {texts},
    CAST(CAST(dimensions AS JSON) AS MAP(VARCHAR, VARCHAR)) AS dimensions
FROM result_lines;
