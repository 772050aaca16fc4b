-- reads: {staged}
SELECT
    *,
    {file} AS file,
    AllocatedTags AS tags_a,
    x_CostCategories AS tags_b,
    Tags AS tags_c,
    CAST(NULL AS VARCHAR) AS tags_d
FROM {staged}
WHERE date_trunc('month', {billing_period}) = {started_at}
    AND row BETWEEN {first_row} AND {last_row}
