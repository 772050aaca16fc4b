-- reads: nothing
-- Other providers' numbers may have fewer digits. AWS's account ids have twelve digits. Restored without doubt: a whole number with a point and
-- zeros, digits in front of which zeros are gone, an exponent behind all twelve digits, the console's
-- groups of four, and the signs by which spreadsheets keep a text a text.
CASE
    WHEN {text} IN ('', 'NULL', 'null') THEN NULL
    WHEN regexp_full_match({text}, '[0-9]{12}') THEN {text}
    WHEN {is_of_aws} AND regexp_full_match({text}, '[0-9]{1,12}(?:[.]0*)?')
        THEN lpad(regexp_extract({text}, '^[0-9]+'), 12, '0')
    WHEN regexp_full_match({text}, '[0-9]+[.]0+') THEN regexp_extract({text}, '^[0-9]+')
    WHEN regexp_full_match({text}, '[1-9][.][0-9]{11}[eE][+]?11')
        THEN left({text}, 1) || substr({text}, 3, 11)
    WHEN regexp_full_match({text}, '[0-9]{4}-[0-9]{4}-[0-9]{4}') THEN replace({text}, '-', '')
    WHEN regexp_full_match({text}, '''[0-9]{12}|="[0-9]{12}"') THEN regexp_extract({text}, '[0-9]+')
    ELSE {text}
END
