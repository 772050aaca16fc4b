-- reads: {rows}  makes: staged
CREATE OR REPLACE TEMP VIEW staged AS
SELECT *, {fault} AS fault
FROM {rows};
