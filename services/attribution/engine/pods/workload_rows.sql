-- reads: given_workloads  makes: workload_rows, namespace_rows
-- Rows of pods, tasks, nodes and volumes; and those that only say which labels a namespace has.
CREATE OR REPLACE TEMP VIEW workload_rows AS
SELECT *
FROM given_workloads
WHERE left_out IS NULL;

CREATE OR REPLACE TEMP VIEW namespace_rows AS
SELECT *
FROM given_workloads
WHERE left_out = 'namespace';
