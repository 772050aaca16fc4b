-- reads: nothing
-- A JSON object of `label_a:b|label_c:d`; in Parquet it is one already.
CASE
    WHEN {text} = '' THEN NULL
    WHEN starts_with({text}, '{') THEN {text}
    ELSE CAST(to_json(map_from_entries(list_transform(string_split({text}, '|'), lambda e:
        struct_pack(
            key := regexp_replace(split_part(e, ':', 1), '^label_', ''),
            value := substr(e, strpos(e, ':') + 1)
        )
    ))) AS VARCHAR)
END
