-- reads: uses
SELECT DISTINCT used
FROM uses;
