-- reads: measured  makes: charges
-- A row per allocated charge, with what the run itself gave it, and the origin charge it is part of.
CREATE OR REPLACE TEMP TABLE charges AS
WITH summed AS (
    SELECT
        * EXCLUDE (metric, quanta),
        coalesce(sum(quanta) FILTER (WHERE metric = {metric}), 0) AS quanta
    FROM measured
    GROUP BY ALL
)
SELECT
    *,
    row_number() OVER (
        ORDER BY day, charge_group, service, account, region, charge_category, source, tenant,
            method, rule, driver, dimensions
    ) AS charge,
    dense_rank() OVER (
        ORDER BY day, charge_group, service, account, region, charge_category, source
    ) AS origin,
    sum(quanta) OVER (
        PARTITION BY day, charge_group, service, account, region, charge_category, source
    ) AS origin_quanta
FROM summed;
