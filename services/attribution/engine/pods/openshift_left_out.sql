-- reads: nothing
-- A claim without a volume that a bill could name, or with no size, says nothing.
CASE WHEN {volume} IS NULL OR {volume} = '' OR {quantity} = '' OR try_cast({quantity} AS DOUBLE) = 0
    THEN 'volume' END
