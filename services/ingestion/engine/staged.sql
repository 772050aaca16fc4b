-- reads: {rows}  makes: staged
CREATE OR REPLACE TEMP VIEW staged AS
SELECT *
FROM {rows};
