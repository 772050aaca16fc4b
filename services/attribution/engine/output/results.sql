-- reads: whole_keys, facts, pooled_amounts, kept_lines, kept_amounts, kept_pool_hours, buckets, cells,
--     chosen  makes: result_lines, amounts, results, pool_hours
-- What came out, by day: of the days that were computed, and of those that were kept. What a result
-- is beside its day and amount stands once in `result_lines`, numbered in its own order;
-- `allocation` numbers what of it goes into the allocations.
CREATE OR REPLACE TEMP TABLE result_lines AS
SELECT
    row_number() OVER (
        ORDER BY tenant, charge_group, service, account, region, method, rule, driver, dimensions,
            source, charge_category, reason, tag_key, tag_value
    ) AS line,
    dense_rank() OVER (
        ORDER BY tenant, charge_group, service, account, region, method, rule, driver, dimensions,
            source, charge_category
    ) AS allocation,
    *
FROM (
    SELECT * EXCLUDE (kid) FROM whole_keys WHERE kid IN (SELECT kid FROM facts)
    UNION
    SELECT * EXCLUDE (day, quanta) FROM pooled_amounts
    UNION
    SELECT * EXCLUDE (line) FROM kept_lines
);

CREATE OR REPLACE TEMP TABLE amounts AS
WITH numbered AS (
    SELECT whole_keys.kid, result_lines.line
    FROM whole_keys
    JOIN result_lines USING (
        tenant, charge_group, service, account, region, method, rule, driver, dimensions, source,
        charge_category, reason, tag_key, tag_value
    )
),
kept AS (
    SELECT kept_lines.line AS kept_line, result_lines.line
    FROM kept_lines
    JOIN result_lines USING (
        tenant, charge_group, service, account, region, method, rule, driver, dimensions, source,
        charge_category, reason, tag_key, tag_value
    )
),
placed AS (
    SELECT CAST(facts.started_at AS DATE) AS day, numbered.line, facts.quanta
    FROM facts
    JOIN numbered ON numbered.kid = facts.kid
    UNION ALL
    SELECT pooled_amounts.day, result_lines.line, pooled_amounts.quanta
    FROM pooled_amounts
    JOIN result_lines USING (
        tenant, charge_group, service, account, region, method, rule, driver, dimensions, source,
        charge_category, reason, tag_key, tag_value
    )
    UNION ALL
    SELECT kept_amounts.day, kept.line, kept_amounts.quanta
    FROM kept_amounts
    JOIN kept ON kept.kept_line = kept_amounts.line
)
SELECT day, line, CAST(sum(quanta) AS HUGEINT) AS quanta
FROM placed
GROUP BY day, line;

CREATE OR REPLACE TEMP VIEW results AS
SELECT amounts.day, result_lines.* EXCLUDE (line, allocation), amounts.quanta
FROM amounts
JOIN result_lines ON result_lines.line = amounts.line;

-- The hours of pools' cost, and those that the pool's first driver split.
CREATE OR REPLACE TEMP TABLE pool_hours AS
SELECT
    buckets.pool,
    buckets.grain,
    CAST(buckets.bucket AS DATE) AS day,
    CAST(sum(date_diff('hour', buckets.bucket, buckets.bucket_end)) AS BIGINT) AS hours,
    CAST(coalesce(sum(date_diff('hour', buckets.bucket, buckets.bucket_end)) FILTER (
        WHERE chosen.level = 0
    ), 0) AS BIGINT) AS covered
FROM buckets
SEMI JOIN cells
    ON cells.pool = buckets.pool AND cells.grain = buckets.grain AND cells.bucket = buckets.bucket
    AND cells.bucket_end = buckets.bucket_end
LEFT JOIN chosen
    ON chosen.pool = buckets.pool AND chosen.grain = buckets.grain
    AND chosen.bucket = buckets.bucket AND chosen.bucket_end = buckets.bucket_end
GROUP BY ALL
UNION ALL
SELECT * FROM kept_pool_hours;
