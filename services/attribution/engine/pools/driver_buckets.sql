-- reads: buckets, drivers, period  makes: driver_buckets, covers
-- What drivers look at, by the grains of time that they do.
CREATE OR REPLACE TEMP TABLE driver_buckets AS
WITH grained AS (
    SELECT
        drivers.pool,
        drivers.level,
        drivers.scope,
        buckets.grain AS own_grain,
        buckets.bucket,
        buckets.bucket_end,
        greatest(buckets.grain, drivers.grain) AS grain
    FROM buckets
    JOIN drivers USING (pool)
)
SELECT
    grained.*,
    CASE grain WHEN 'period' THEN period.started_at ELSE split_start(grain, bucket, bucket_end) END
        AS moment,
    CASE grain WHEN 'period' THEN period.ended_at ELSE split_end(grain, bucket, bucket_end) END
        AS moment_end
FROM grained
CROSS JOIN period;

-- Of a time that is no whole hour, day or period: the hours, or days, that it touches, and what part
-- of each it covers, in seconds, or in the largest number of them that all parts are multiples of.
CREATE OR REPLACE TEMP TABLE covers AS
WITH touched AS (
    SELECT
        grain,
        moment,
        moment_end,
        unnest(generate_series(
            box_start(grain, moment),
            moment_end - INTERVAL 1 SECOND,
            CASE grain WHEN 'hour' THEN INTERVAL 1 HOUR ELSE INTERVAL 1 DAY END
        )) AS box
    FROM (
        SELECT DISTINCT grain, moment, moment_end
        FROM driver_buckets
        WHERE grain <> 'period' AND moment_end > box_end(grain, moment)
    )
),
measured AS (
    SELECT
        *,
        date_diff('second', greatest(moment, box), least(moment_end, box_end(grain, box)))
            AS seconds
    FROM touched
),
divisors AS (
    SELECT
        grain, moment, moment_end, list_reduce(list(seconds), lambda a, b: gcd(a, b)) AS divisor
    FROM measured
    GROUP BY ALL
)
SELECT
    measured.* EXCLUDE (seconds),
    CAST(measured.seconds // divisors.divisor AS HUGEINT) AS part
FROM measured
JOIN divisors USING (grain, moment, moment_end);
