-- reads: nothing
-- Lengths of time in their order, so that the longer of two is `greatest`.
CREATE TYPE span AS ENUM ('hour', 'day', 'period');

-- The hour, or the day, that a moment lies in.
CREATE TEMP MACRO box_start(grain, moment) AS
CASE grain WHEN 'hour' THEN date_trunc('hour', moment) ELSE date_trunc('day', moment) END;

CREATE TEMP MACRO box_end(grain, moment) AS
CASE grain
    WHEN 'hour' THEN date_trunc('hour', moment) + INTERVAL 1 HOUR
    ELSE date_trunc('day', moment) + INTERVAL 1 DAY
END;

-- The hours, or days, by whose signals a time is split that is to be split by hours, or by days: the
-- one that it lies in, or the time itself, which has a part of each that it touches.
CREATE TEMP MACRO split_start(grain, started_at, ended_at) AS
CASE
    WHEN ended_at <= box_end(grain, started_at) THEN box_start(grain, started_at)
    ELSE started_at
END;

CREATE TEMP MACRO split_end(grain, started_at, ended_at) AS
CASE
    WHEN ended_at <= box_end(grain, started_at) THEN box_end(grain, started_at)
    ELSE ended_at
END;

-- How a line is split by itself: by the hour, or as a whole day or the whole period if it is one.
CREATE TEMP MACRO own_grain(started_at, ended_at, period_start, period_end) AS
CASE
    WHEN started_at <= period_start AND ended_at >= period_end THEN CAST('period' AS span)
    WHEN started_at = date_trunc('day', started_at) AND ended_at = started_at + INTERVAL 1 DAY
        THEN CAST('day' AS span)
    ELSE CAST('hour' AS span)
END;

-- Of an instance or volume in any of the ways it is written. AWS writes ids in lower case alone.
CREATE TEMP MACRO ec2_id(written) AS
CASE
    WHEN regexp_matches(written, '(^|/)(i|vol)-[0-9a-f]+$', 'i')
        THEN lower(regexp_replace(written, '^(aws://|arn:[^:]*:ec2:).*/', '', 'i'))
    ELSE regexp_replace(written, '^(aws://|arn:[^:]*:ec2:).*/', '')
END;
