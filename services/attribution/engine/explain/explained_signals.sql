-- reads: explained_parts, driver_buckets, covers, meters, usage, selection
-- The signals behind each weight, per meter: how many, their sum, and the largest of them. What is
-- unmetered rests on the signals of those that were not active, and on the pool's control total.
WITH asked AS (
    SELECT DISTINCT
        driver_buckets.pool,
        driver_buckets.own_grain,
        driver_buckets.bucket,
        driver_buckets.bucket_end,
        driver_buckets.grain,
        coalesce(covers.box, driver_buckets.moment) AS moment,
        meters.meter,
        meters.is_control
    FROM explained_parts AS parts
    JOIN driver_buckets
        ON driver_buckets.pool = parts.via AND driver_buckets.own_grain = parts.via_grain
        AND driver_buckets.bucket = parts.via_bucket
        AND driver_buckets.bucket_end = parts.via_bucket_end
        AND driver_buckets.level = parts.level
    LEFT JOIN covers
        ON covers.grain = driver_buckets.grain AND covers.moment = driver_buckets.moment
        AND covers.moment_end = driver_buckets.moment_end
    JOIN meters ON meters.pool = parts.via AND meters.level = parts.level
),
own AS (
    SELECT usage.*, starts_with(selection.tenant, {UNMETERED}) AS is_unmetered
    FROM usage
    CROSS JOIN selection
    WHERE usage.weight > 0 AND CASE
        WHEN starts_with(selection.tenant, {UNMETERED})
            THEN NOT usage.is_active OR starts_with(usage.tenant, {POOL})
        ELSE usage.is_active AND usage.tenant = selection.tenant
    END
),
numbered AS (
    SELECT
        asked.pool,
        asked.own_grain,
        asked.bucket,
        asked.bucket_end,
        own.*,
        row_number() OVER (
            PARTITION BY asked.pool, asked.own_grain, asked.bucket, asked.bucket_end, own.meter
            ORDER BY own.quantity DESC, own.file, own.row
        ) AS place
    FROM own
    JOIN asked
        ON own.meter = asked.meter
        AND CASE asked.grain
            WHEN 'hour' THEN own.hour = asked.moment
            WHEN 'day' THEN date_trunc('day', own.hour) = asked.moment
            ELSE true
        END
        AND CASE
            WHEN asked.is_control THEN own.is_unmetered AND own.tenant = {POOL} || asked.pool
            ELSE NOT starts_with(own.tenant, {POOL})
        END
)
SELECT
    pool,
    own_grain AS grain,
    bucket,
    bucket_end,
    meter,
    count(*) AS count,
    sum(quantity) AS quantity,
    max(unit) AS unit,
    list(
        struct_pack(file := file, row := row, start := hour, quantity := quantity) ORDER BY place
    ) FILTER (WHERE place <= $rows_max) AS largest
FROM numbered
GROUP BY pool, own_grain, bucket, bucket_end, meter
ORDER BY pool, own_grain, bucket, bucket_end, meter;
