-- reads: {reached}  makes: buckets
-- What a driver splits at once: a pool in an hour, day or period that it has cost in, or in the time
-- of a line that is none of these.
CREATE OR REPLACE TEMP TABLE buckets AS
SELECT *
FROM {reached} AS reached;
