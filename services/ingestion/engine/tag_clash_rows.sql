-- reads: {lines}, tagset
SELECT count(*), min(staged.row)
FROM {lines} AS staged
JOIN tagset
    ON staged.tags_a IS NOT DISTINCT FROM tagset.tags_a
    AND staged.tags_b IS NOT DISTINCT FROM tagset.tags_b
    AND staged.tags_c IS NOT DISTINCT FROM tagset.tags_c
    AND staged.tags_d IS NOT DISTINCT FROM tagset.tags_d
WHERE len(list_filter(tagset.clash, lambda pair: pair.key = $key)) > 0;
