-- reads: nothing
-- A JSON object of `label_a:b|label_c:d`; in Parquet it is one already. A key that is there twice
-- stays so, and is refused by its place where its values differ.
CASE
    WHEN {text} = '' THEN NULL
    WHEN starts_with({text}, '{') THEN {text}
    ELSE '{' || array_to_string(list_transform(string_split({text}, '|'), lambda e:
        CAST(to_json(regexp_replace(split_part(e, ':', 1), '^label_', '')) AS VARCHAR)
        || ':' || CAST(to_json(substr(e, strpos(e, ':') + 1)) AS VARCHAR)
    ), ',') || '}'
END
