-- reads: {staged}
SELECT
    *,
    {file} AS file,
    resource_tags AS tags_a,
    cost_category AS tags_b,
    tags AS tags_c,
    flat_tags AS tags_d,
    coalesce(
        nullif(json_extract_string(product, '$.product_name'), ''), product_product_name
    ) AS product_name
FROM {staged}
WHERE date_trunc('month', {billing_period}) = {started_at}
    AND row BETWEEN {first_row} AND {last_row}
