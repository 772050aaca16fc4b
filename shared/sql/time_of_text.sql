-- reads: nothing
-- The second reader of `shared.times`, whose forms and names of groups come with it.
coalesce(
    {plain},
    CASE
        WHEN {text} IS NULL OR length(trim({text}, {blanks})) > 64 THEN NULL
        ELSE list_transform(
            [CASE
                WHEN regexp_full_match(trim({text}, {blanks}), '[0-9]{1,19}(?:s|ms|us|ns)') THEN {of_epoch}
                ELSE {of_calendar}
            END],
            lambda utc_time: CASE WHEN utc_time >= {earliest} AND utc_time < {end} THEN utc_time END
        )[1]
    END
)
