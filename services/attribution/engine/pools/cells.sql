-- reads: {pool_facts}  makes: cells
CREATE OR REPLACE TEMP TABLE cells AS
WITH summed AS (
    SELECT
        pool,
        grain,
        bucket,
        bucket_end,
        day,
        service,
        account,
        region,
        rule,
        dimensions,
        source,
        charge_category,
        CAST(sum(quanta) AS HUGEINT) AS quanta
    FROM {pool_facts}
    GROUP BY ALL
)
SELECT
    row_number() OVER (
        ORDER BY pool, grain, bucket, bucket_end, day, service, account, region, rule, dimensions,
            source, charge_category
    ) AS cell,
    *
FROM summed;
