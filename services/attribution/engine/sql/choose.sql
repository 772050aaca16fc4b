-- The first driver of a pool that says anything about a bucket is the one that splits it.
CREATE TEMP TABLE chosen AS
SELECT pool, grain, bucket, min(level) AS level FROM candidates GROUP BY ALL;

CREATE TEMP TABLE shares AS
SELECT candidates.*, sum(weight) OVER (PARTITION BY candidates.pool, candidates.grain, candidates.bucket) AS total
FROM candidates
JOIN chosen
    ON chosen.pool = candidates.pool AND chosen.grain = candidates.grain
    AND chosen.bucket = candidates.bucket AND chosen.level = candidates.level;

CREATE TEMP TABLE weighed AS
SELECT cells.cell, cells.units, shares.recipient, shares.weight, shares.total, shares.level
FROM cells
JOIN shares
    ON shares.pool = cells.pool AND shares.grain = cells.grain AND shares.bucket = cells.bucket;
