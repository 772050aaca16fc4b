-- Facts hold the pods' parts in place of the lines, and what these left.
CREATE TEMP TABLE undivided AS
SELECT * FROM facts ANTI JOIN pod_cells USING (kid);

CREATE OR REPLACE TEMP TABLE facts AS
SELECT kid, hour, span, units FROM undivided
UNION ALL
SELECT kid, hour, span, CAST(sum(units) AS HUGEINT) FROM idle_items GROUP BY ALL
UNION ALL
SELECT pod_keys.kid, pod_facts.hour, pod_facts.span, CAST(sum(pod_facts.units) AS HUGEINT)
FROM pod_facts
JOIN pod_keys USING (rid, pid, driver)
GROUP BY ALL;

INSERT INTO keys
SELECT pod_keys.kid, keys.* EXCLUDE (kid)
FROM pod_keys
JOIN keys ON keys.kid = pod_keys.rid;
