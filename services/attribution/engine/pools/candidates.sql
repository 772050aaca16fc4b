-- reads: nothing  makes: candidates
-- What drivers propose: for a bucket, by the driver at this level of its pool, a recipient's weight.
CREATE OR REPLACE TEMP TABLE candidates (
    pool VARCHAR, grain span, bucket TIMESTAMP, bucket_end TIMESTAMP, level INTEGER,
    recipient VARCHAR, weight HUGEINT
);
