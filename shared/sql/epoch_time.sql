-- reads: nothing
-- A number since 1970 with its unit; below a microsecond nothing counts. 19 digits of seconds are
-- more than any calendar has: 12 are enough for the year 33,658.
CASE
    WHEN length(regexp_extract({text}, '[0-9]+')) > 19 THEN NULL
    ELSE list_transform(
        [CAST(regexp_extract({text}, '[0-9]+') AS HUGEINT) * 1000000 // CASE
            WHEN {text} LIKE '%ms%' THEN 1000
            WHEN {text} LIKE '%us%' THEN 1000000
            WHEN {text} LIKE '%ns%' THEN 1000000000
            ELSE 1
        END],
        lambda epoch_microseconds: CASE
            WHEN epoch_microseconds < 10000000000000000 THEN make_timestamp(CAST(epoch_microseconds AS BIGINT))
        END
    )[1]
END
