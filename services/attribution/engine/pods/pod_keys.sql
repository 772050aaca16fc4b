-- reads: line_keys, line_claims, pod_facts  makes: pod_keys, pod_pairs
-- A pod's parts of lines that are grouped alike have a key of their own.
CREATE OR REPLACE TEMP TABLE pod_keys AS
SELECT
    (SELECT max(kid) FROM line_keys) + row_number() OVER (ORDER BY rid, pid, driver) AS kid,
    rid,
    pid,
    driver
FROM (SELECT DISTINCT rid, pid, driver FROM pod_facts);

CREATE OR REPLACE TEMP TABLE pod_pairs AS
SELECT DISTINCT line_claims.vid, pod_keys.pid
FROM pod_keys
JOIN line_claims ON line_claims.kid = pod_keys.rid;
