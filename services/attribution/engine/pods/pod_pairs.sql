-- A pod's parts of lines that are grouped alike have a key of their own.
CREATE TEMP TABLE pod_keys AS
SELECT
    (SELECT max(kid) FROM keys) + row_number() OVER (ORDER BY rid, pid, driver) AS kid,
    rid,
    pid,
    driver
FROM (SELECT DISTINCT rid, pid, driver FROM pod_facts);

CREATE TEMP TABLE pod_pairs AS
SELECT DISTINCT claims.vid, pod_keys.pid
FROM pod_keys
JOIN claims ON claims.kid = pod_keys.rid;
