-- reads: results, selection, facts, whole_keys, {pooled}, items, cells, item_parts, {pool_facts}
--     makes: selected, explained_groups, explained_parts, wanted_facts
-- What of the results is asked about; '' asks for nothing in particular.
CREATE OR REPLACE TEMP TABLE selected AS
SELECT
    results.tenant,
    results.charge_group,
    results.method,
    results.service,
    results.account,
    results.day,
    results.rule,
    CAST(sum(results.quanta) AS HUGEINT) AS quanta
FROM results
JOIN selection
    ON results.tenant = selection.tenant
    AND (selection.charge_group = '' OR results.charge_group = selection.charge_group)
    AND (selection.method = '' OR results.method = selection.method)
    AND (selection.service = '' OR results.service = selection.service)
    AND (selection.account = '' OR results.account = selection.account)
    AND (selection.day IS NULL OR results.day = selection.day)
    AND (selection.rule = '' OR results.rule = selection.rule)
GROUP BY ALL;

-- What was taken whole, in groups that were claimed alike.
CREATE OR REPLACE TEMP TABLE explained_groups AS
WITH taken_whole AS (
    SELECT
        facts.kid,
        facts.started_at,
        facts.ended_at,
        CAST(facts.started_at AS DATE) AS day,
        whole_keys.* EXCLUDE (kid)
    FROM facts
    JOIN whole_keys ON whole_keys.kid = facts.kid
)
SELECT
    dense_rank() OVER (
        ORDER BY charge_group, method, rule, driver, service, account, region, charge_category,
            reason, tag_key, tag_value
    ) AS number,
    taken_whole.*
FROM taken_whole
SEMI JOIN selected USING (tenant, charge_group, method, service, account, day, rule);

-- Parts of pools' cells, each with its cell and with the bucket that split it in the end.
CREATE OR REPLACE TEMP TABLE explained_parts AS
SELECT
    pooled.*,
    items.cell,
    cells.pool,
    cells.grain,
    cells.bucket,
    cells.bucket_end,
    items.via,
    items.grain AS via_grain,
    items.bucket AS via_bucket,
    items.bucket_end AS via_bucket_end,
    item_parts.level
FROM {pooled} AS pooled
SEMI JOIN selected USING (tenant, charge_group, method, service, account, day, rule)
JOIN items ON items.item = pooled.item
JOIN cells ON cells.cell = items.cell
LEFT JOIN item_parts
    ON item_parts.cell = items.item AND item_parts.recipient = pooled.tenant;

-- The facts behind both.
CREATE OR REPLACE TEMP TABLE wanted_facts AS
SELECT 'group ' || number AS part, kid, started_at, ended_at
FROM explained_groups
UNION ALL
SELECT 'cell ' || cells.cell, pool_facts.kid, pool_facts.started_at, pool_facts.ended_at
FROM {pool_facts} AS pool_facts
JOIN cells USING (
    pool, grain, bucket, bucket_end, day, service, account, region, rule, dimensions, source,
    charge_category
)
SEMI JOIN explained_parts ON explained_parts.cell = cells.cell;
