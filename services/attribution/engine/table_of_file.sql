-- reads: {csv}  makes: {table}
CREATE OR REPLACE TEMP TABLE {table} AS
SELECT {columns}
FROM {csv};
