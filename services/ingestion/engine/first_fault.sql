-- reads: {staged}
SELECT count(*), min(row), arg_min({value}, row)
FROM {staged}
WHERE {is_fault};
