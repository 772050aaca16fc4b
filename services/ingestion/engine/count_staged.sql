-- reads: staged
SELECT count(*)
FROM staged;
