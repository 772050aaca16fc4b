-- reads: {lines}  makes: tagset
-- One row per distinct combination of tags, with normalised keys (NFC, trimmed, case kept).
-- A key that two of a line's tags would share after that keeps its spelling in both.
CREATE OR REPLACE TEMP TABLE tagset AS
WITH distinct_tags AS (
    SELECT DISTINCT tags_a, tags_b, tags_c FROM {lines}
),
listed AS (
    SELECT
        tags_a, tags_b, tags_c,
        list_concat(
            list_transform(
                coalesce(map_entries(CAST(CAST(coalesce(tags_a, tags_c) AS JSON) AS MAP(VARCHAR, VARCHAR))), []),
                lambda e: struct_pack(written := e.key, value := e.value)
            ),
            list_transform(
                coalesce(map_entries(CAST(CAST(tags_b AS JSON) AS MAP(VARCHAR, VARCHAR))), []),
                lambda e: struct_pack(written := 'costCategory/' || e.key, value := e.value)
            )
        ) AS entries
    FROM distinct_tags
),
filled AS (
    SELECT
        tags_a, tags_b, tags_c,
        list_transform(
            list_filter(entries, lambda e: e.value IS NOT NULL AND trim(e.value) <> ''),
            lambda e: struct_pack(
                written := e.written,
                key := regexp_replace(
                    regexp_replace(nfc_normalize(e.written), '^\s+|\s+$', '', 'g'),
                    '^(resourceTags/)?user[:_]', ''
                ),
                value := e.value
            )
        ) AS entries
    FROM listed
)
SELECT
    tags_a, tags_b, tags_c,
    map_from_entries(list_sort(list_transform(
        entries,
        lambda e: struct_pack(
            key := CASE
                WHEN e.key = '' OR len(list_filter(entries, lambda other: other.key = e.key)) > 1
                THEN e.written ELSE e.key
            END,
            value := e.value
        )
    ))) AS tags
FROM filled;
