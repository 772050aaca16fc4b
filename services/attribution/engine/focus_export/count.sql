-- reads: {rows}
SELECT count(*)
FROM {rows};
