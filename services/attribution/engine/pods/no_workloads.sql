-- reads: nothing
--     stands in for: workloads, workload_resources, workload_loads, workload_moments
-- What others read of workloads, for a bill that only split cost rows divide.
CREATE OR REPLACE TEMP TABLE workloads (
    pid BIGINT, cluster VARCHAR, namespace VARCHAR, file INTEGER, row BIGINT, started_at TIMESTAMP,
    node VARCHAR, volume VARCHAR, pod VARCHAR, claim VARCHAR, alone VARCHAR
);

CREATE OR REPLACE TEMP TABLE workload_resources (
    place BIGINT, cluster VARCHAR, resource VARCHAR, holder VARCHAR, carrier VARCHAR
);

CREATE OR REPLACE TEMP TABLE workload_loads (
    place BIGINT, cluster VARCHAR, started_at TIMESTAMP, resource VARCHAR, pid BIGINT,
    weight HUGEINT, requested HUGEINT
);

CREATE OR REPLACE TEMP TABLE workload_moments (
    place BIGINT, started_at TIMESTAMP, resource VARCHAR, capacity HUGEINT, shared HUGEINT
);
