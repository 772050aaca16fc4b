-- reads: {scan}  adds to: {table}
INSERT INTO {table} BY NAME
SELECT *, {times}
FROM (
    SELECT {file} AS file, {row} AS row, {values}
    FROM {scan}
);
