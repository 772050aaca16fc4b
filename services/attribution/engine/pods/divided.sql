-- reads: line_keys, line_claims, line_facts, pods, pod_cells, pod_keys, pod_claims, pod_facts,
--     idle_left  makes: divided_keys, divided_claims, divided_facts
-- The pods' parts in place of the lines that were divided, and what these left.
CREATE OR REPLACE TEMP TABLE divided_facts AS
SELECT kid, started_at, ended_at, quanta
FROM line_facts
ANTI JOIN pod_cells USING (kid)
UNION ALL
SELECT kid, started_at, ended_at, CAST(sum(quanta) AS HUGEINT)
FROM idle_left
GROUP BY ALL
UNION ALL
SELECT
    pod_keys.kid,
    pod_facts.started_at,
    pod_facts.ended_at,
    CAST(sum(pod_facts.quanta) AS HUGEINT)
FROM pod_facts
JOIN pod_keys USING (rid, pid, driver)
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE divided_keys AS
SELECT *
FROM line_keys
UNION ALL
SELECT pod_keys.kid, line_keys.* EXCLUDE (kid)
FROM pod_keys
JOIN line_keys ON line_keys.kid = pod_keys.rid;

CREATE OR REPLACE TEMP TABLE divided_claims AS
SELECT *
FROM line_claims
UNION ALL BY NAME
SELECT
    pod_keys.kid, pod_claims.* EXCLUDE (pid), pod_keys.driver, {dimensions} AS dimensions
FROM pod_keys
JOIN line_keys AS keys ON keys.kid = pod_keys.rid
JOIN line_claims ON line_claims.kid = pod_keys.rid
JOIN pod_claims ON pod_claims.vid = line_claims.vid AND pod_claims.pid = pod_keys.pid
JOIN pods ON pods.pid = pod_keys.pid;
