-- reads: measured, charges  makes: known, followed, origins, metric_weights
-- Pools' other metrics follow the cost that was allocated, within their origin charge, where that
-- is of one sign: so a charge has one ratio for all of its metrics.
CREATE OR REPLACE TEMP TABLE known AS
SELECT charges.charge, charges.origin, measured.metric, measured.quanta
FROM measured
JOIN charges USING (
    day, tenant, charge_group, service, account, region, method, rule, driver, dimensions, source,
    charge_category
);

CREATE OR REPLACE TEMP TABLE followed AS
SELECT origin
FROM charges
WHERE starts_with(charge_group, {POOL})
GROUP BY origin
HAVING sum(quanta) <> 0 AND (min(quanta) >= 0 OR max(quanta) <= 0);

CREATE OR REPLACE TEMP TABLE origins AS
SELECT
    origin, metric, CAST(sum(quanta) AS HUGEINT) AS quanta,
    row_number() OVER (ORDER BY origin, metric) AS cell
FROM known
GROUP BY origin, metric;

CREATE OR REPLACE TEMP TABLE metric_weights AS
SELECT
    origins.cell,
    origins.quanta,
    lpad(CAST(charges.charge AS VARCHAR), 12, '0') AS recipient,
    CAST(abs(charges.quanta) AS HUGEINT) AS weight,
    CAST(sum(abs(charges.quanta)) OVER (PARTITION BY origins.cell) AS HUGEINT) AS total,
    0 AS level
FROM origins
JOIN charges USING (origin)
SEMI JOIN followed USING (origin)
WHERE origins.metric <> {metric} AND charges.quanta <> 0;
