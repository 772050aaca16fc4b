-- reads: staged
SELECT {column}
FROM staged
WHERE row = $row;
