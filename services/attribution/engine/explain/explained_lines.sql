-- reads: keys, {wanted}, keyed_lines
-- The bill lines behind each part: how many, their sum, and the largest of them.
WITH asked AS (
    SELECT *
    FROM keys
    SEMI JOIN {wanted} AS wanted USING (kid)
),
numbered AS (
    SELECT
        wanted.part,
        lines.source,
        lines.line,
        lines.quanta,
        row_number() OVER (
            PARTITION BY wanted.part ORDER BY abs(lines.quanta) DESC, lines.source, lines.line
        ) AS place
    FROM keyed_lines AS lines
    JOIN asked USING ({names})
    JOIN {wanted} AS wanted
        ON wanted.kid = asked.kid AND wanted.started_at = lines.started_at
        AND wanted.ended_at = lines.ended_at
)
SELECT
    part,
    count(*) AS count,
    CAST(sum(quanta) AS HUGEINT) AS quanta,
    list(struct_pack(source := source, line := line, quanta := quanta) ORDER BY place)
        FILTER (WHERE place <= $rows_max) AS largest
FROM numbered
GROUP BY part;
