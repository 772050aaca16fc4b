-- reads: {staged}
SELECT count(*) AS row_count, {counts}
FROM {staged};
