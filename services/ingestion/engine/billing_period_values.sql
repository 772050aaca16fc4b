-- reads: {rows}
SELECT
    coalesce({start}, ''),
    coalesce({status}, ''),
    coalesce({updated}, '')
FROM {rows};
