-- reads: nothing
--     stands in for: split_pods, split_parents
CREATE OR REPLACE TEMP TABLE split_pods (
    node VARCHAR, started_at TIMESTAMP, cluster VARCHAR, pid BIGINT, weight HUGEINT,
    row_count BIGINT
);

CREATE OR REPLACE TEMP TABLE split_parents (
    node VARCHAR, started_at TIMESTAMP, line_count BIGINT, quanta HUGEINT
);
