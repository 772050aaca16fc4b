-- reads: {lines}  makes: tagset
-- One row per distinct combination of tags, with normalised keys (NFC, trimmed, case kept), from every
-- place that the format has. Of a key that several places have, the first place counts. A key that two
-- tags of one place would share after that keeps its blanks and its form in both, and loses its prefix in
-- both. `clash` has each two tags of one place that come to the same key even so, with different values.
CREATE OR REPLACE TEMP TABLE tagset AS
WITH distinct_tags AS (
    SELECT DISTINCT tags_a, tags_b, tags_c, tags_d FROM {lines}
),
listed AS (
    SELECT
        tags_a, tags_b, tags_c, tags_d,
        list_concat(
            list_transform(
                coalesce(map_entries(CAST(CAST(tags_a AS JSON) AS MAP(VARCHAR, VARCHAR))), []),
                lambda e: struct_pack(place := 1, written := e.key, value := e.value)
            ),
            list_transform(
                coalesce(map_entries(CAST(CAST(tags_b AS JSON) AS MAP(VARCHAR, VARCHAR))), []),
                lambda e: struct_pack(place := 2, written := 'costCategory/' || e.key, value := e.value)
            ),
            list_transform(
                coalesce(map_entries(CAST(CAST(tags_c AS JSON) AS MAP(VARCHAR, VARCHAR))), []),
                lambda e: struct_pack(place := 3, written := e.key, value := e.value)
            ),
            list_transform(
                coalesce(map_entries(CAST(CAST(tags_d AS JSON) AS MAP(VARCHAR, VARCHAR))), []),
                lambda e: struct_pack(place := 4, written := e.key, value := e.value)
            )
        ) AS entries
    FROM distinct_tags
),
filled AS (
    SELECT
        tags_a, tags_b, tags_c, tags_d,
        list_transform(
            list_filter(entries, lambda e: e.value IS NOT NULL AND trim(e.value) <> ''),
            lambda e: struct_pack(
                place := e.place,
                written := e.written,
                key := regexp_replace(
                    regexp_replace(nfc_normalize(e.written), {prefix}, '\1'), '^\s+|\s+$', '', 'g'
                ),
                bare := regexp_replace(e.written, {prefix}, '\1'),
                value := e.value
            )
        ) AS entries
    FROM listed
),
keyed AS (
    SELECT
        tags_a, tags_b, tags_c, tags_d,
        list_sort(list_transform(
            entries,
            lambda e: struct_pack(
                key := CASE
                    WHEN e.key = '' THEN e.written
                    WHEN len(list_filter(
                        entries, lambda other: other.key = e.key AND other.place = e.place
                    )) > 1
                    THEN e.bare ELSE e.key
                END,
                place := e.place,
                value := e.value,
                written := e.written
            )
        )) AS entries
    FROM filled
)
SELECT
    tags_a, tags_b, tags_c, tags_d,
    map_from_entries(list_transform(
        list_filter(entries, lambda e, place: place = 1 OR entries[place - 1].key <> e.key),
        lambda e: struct_pack(key := e.key, value := e.value)
    )) AS tags,
    list_filter(
        list_transform(entries, lambda e, nth: struct_pack(key := e.key, one := entries[nth - 1], other := e)),
        lambda pair: pair.one.key = pair.other.key AND pair.one.place = pair.other.place
            AND pair.one.value <> pair.other.value
    ) AS clash
FROM keyed;
