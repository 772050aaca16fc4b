-- reads: nothing
--     stands in for: idle_on_node_weights, idle_on_node_parts, cluster_idle, idle_in_cluster_weights,
--     idle_in_cluster_parts
-- What others read of the idle rest that pods get, where the policy gives them nothing.
CREATE OR REPLACE TEMP TABLE idle_on_node_weights (
    cell BIGINT, quanta HUGEINT, recipient VARCHAR, weight HUGEINT, total HUGEINT, level INTEGER
);

CREATE OR REPLACE TEMP TABLE idle_on_node_parts (
    cell BIGINT, recipient VARCHAR, level INTEGER, quanta HUGEINT
);

CREATE OR REPLACE TEMP TABLE cluster_idle (
    item BIGINT, rid BIGINT, started_at TIMESTAMP, ended_at TIMESTAMP, cluster VARCHAR, grain span,
    bucket TIMESTAMP, bucket_end TIMESTAMP, resource VARCHAR, quanta HUGEINT
);

CREATE OR REPLACE TEMP TABLE idle_in_cluster_weights (
    cell BIGINT, quanta HUGEINT, recipient VARCHAR, weight HUGEINT, total HUGEINT, level INTEGER
);

CREATE OR REPLACE TEMP TABLE idle_in_cluster_parts (
    cell BIGINT, recipient VARCHAR, level INTEGER, quanta HUGEINT
);
