-- reads: nothing
-- Lengths of time in their order, so that the longer of two is `greatest`.
CREATE TYPE span AS ENUM ('hour', 'day', 'period');
