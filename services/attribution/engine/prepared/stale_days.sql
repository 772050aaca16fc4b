-- reads: day_fingerprints, kept_days  adds to: stale_days
INSERT INTO stale_days
SELECT day
FROM day_fingerprints
ANTI JOIN kept_days USING (day);
