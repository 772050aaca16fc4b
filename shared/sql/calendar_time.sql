-- reads: nothing
-- The parts of a time by the one pattern of `shared.times`, put together where they are one.
list_transform(
    [regexp_extract(trim({text}, {blanks}), '^' || {pattern} || '$', {groups})],
    lambda time_parts: list_transform(
        [struct_pack(
            year := time_parts.y1 || time_parts.y2 || time_parts.y3 || time_parts.y4,
            month := CASE
                WHEN time_parts.n2 || time_parts.n3 <> ''
                    THEN CAST(list_position({months}, lower(time_parts.n2 || time_parts.n3)) AS VARCHAR)
                WHEN time_parts.y4 = '' THEN time_parts.m1
                WHEN coalesce({day_first}, CAST('0' || time_parts.a4 AS INTEGER) > 12) THEN time_parts.b4
                ELSE time_parts.a4
            END,
            day := CASE
                WHEN time_parts.y4 = '' THEN time_parts.d1 || time_parts.d2 || time_parts.d3
                WHEN coalesce({day_first}, CAST('0' || time_parts.a4 AS INTEGER) > 12) THEN time_parts.a4
                ELSE time_parts.b4
            END,
            hour := CASE
                WHEN time_parts.half = '' THEN CAST('0' || time_parts.hour || time_parts.hour_b AS INTEGER)
                WHEN CAST('0' || time_parts.hour || time_parts.hour_b AS INTEGER) NOT BETWEEN 1 AND 12 THEN NULL
                ELSE CAST('0' || time_parts.hour || time_parts.hour_b AS INTEGER) % 12
                    + CASE WHEN lower(time_parts.half) = 'p' THEN 12 ELSE 0 END
            END,
            minute := CAST('0' || time_parts.minute || time_parts.minute_b AS INTEGER),
            second := CAST('0' || time_parts.second || time_parts.second_b AS INTEGER),
            microsecond := CAST(
                rpad(left(time_parts.fraction || time_parts.fraction_b, 6), 6, '0') AS INTEGER
            ),
            offset_minutes := CASE time_parts.sign WHEN '-' THEN -1 ELSE 1 END * (
                CAST('0' || time_parts.offset_hours AS INTEGER) * 60
                + CAST('0' || time_parts.offset_minutes AS INTEGER)
            ),
            -- One separator in a date, and no digit left out where there is none; an order of
            -- day and month that is known.
            is_known := time_parts.y1 || time_parts.y2 || time_parts.y3 || time_parts.y4 <> ''
                AND time_parts.s1 = time_parts.t1
                AND (time_parts.y1 = '' OR time_parts.s1 <> '' OR length(time_parts.m1 || time_parts.d1) = 4)
                AND time_parts.s4 = time_parts.t4
                AND (
                    time_parts.y4 = '' OR {day_first} IS NOT NULL OR CAST('0' || time_parts.a4 AS INTEGER) = CAST('0' || time_parts.b4 AS INTEGER)
                    OR CAST('0' || time_parts.a4 AS INTEGER) > 12 OR CAST('0' || time_parts.b4 AS INTEGER) > 12
                )
                AND CAST('0' || time_parts.offset_minutes AS INTEGER) < 60
        )],
        lambda time_numbers: CASE
            WHEN time_numbers.is_known AND time_numbers.hour < 24 AND time_numbers.minute < 60 AND time_numbers.second < 60 THEN
                try_cast(time_numbers.year || '-' || time_numbers.month || '-' || time_numbers.day AS TIMESTAMP)
                + to_hours(time_numbers.hour)
                + to_minutes(time_numbers.minute - time_numbers.offset_minutes)
                + to_seconds(time_numbers.second)
                + to_microseconds(time_numbers.microsecond)
        END
    )[1]
)[1]
