-- reads: day_fingerprints, kept_days, kept_amounts, {fingerprints}, {amounts}, {lines}, {pool_hours}
--     adds to: kept_days, kept_amounts, kept_lines, kept_pool_hours
INSERT INTO kept_days
SELECT day_fingerprints.day
FROM day_fingerprints
JOIN {fingerprints} AS kept
    ON kept.day = day_fingerprints.day AND kept.fingerprint = day_fingerprints.fingerprint;

INSERT INTO kept_amounts BY NAME
SELECT kept.day, kept.line, CAST(kept.quanta AS HUGEINT) AS quanta
FROM {amounts} AS kept
JOIN kept_days ON kept_days.day = kept.day;

INSERT INTO kept_lines BY NAME
SELECT * EXCLUDE (allocation)
FROM {lines}
WHERE line IN (SELECT line FROM kept_amounts);

INSERT INTO kept_pool_hours BY NAME
SELECT kept.* REPLACE (CAST(kept.grain AS span) AS grain)
FROM {pool_hours} AS kept
JOIN kept_days ON kept_days.day = kept.day;
