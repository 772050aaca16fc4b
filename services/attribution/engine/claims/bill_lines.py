"""The view `keyed_lines` of a bill: each line with its key, hour, length and cost."""

from pathlib import Path

from services.attribution.domain.lines import any_matches
from services.attribution.engine.bill_columns import (
    BARE_RESOURCE,
    IS_SPLIT_ROW,
    types_of_columns,
    with_added_columns,
)
from services.attribution.engine.claims.key_columns import KeyColumns
from services.attribution.engine.tables import create_table
from shared.columnar import Session
from shared.sql.expressions import EMPTY, Sql, case, identifier, infix, listed, literal, type_name
from shared.sql.scripts import run_script, script_query


def view_lines(
    session: Session,
    keys: KeyColumns,
    lines: Sql,
    *,
    sanitised: bool,
    has_split_rows: bool = False,
    scratch_dir: Path,
) -> None:
    """What rules see of a line and results don't show is kept where a pattern matches it.

    Elsewhere it is '', so that lines that differ in what no rule asks for have one key. Of split
    cost rows, which restate their instance, none is a line.
    """
    types = types_of_columns(session, lines)
    lines = with_added_columns(lines, types)
    columns = keys.columns(sanitised=sanitised)
    matched: list[tuple[str, str]] = []
    for name, patterns in keys.patterns.items():
        values = run_script(
            session,
            __package__,
            "distinct_values.sql",
            {"value": columns[name], "lines": lines},
        ).fetchall()
        matched += [(name, value) for (value,) in values if any_matches(patterns, (value,))]
        matched_values = script_query(__package__, "matched_values.sql", {"key": literal(name)})
        is_matched = infix(columns[name], "IN", matched_values)
        columns[name] = case([(is_matched, columns[name])], EMPTY)
    key_and_value = {"key": "VARCHAR", "value": "VARCHAR"}
    create_table(session, "matched_values", key_and_value, matched, scratch_dir=scratch_dir)
    run_script(
        session,
        __package__,
        "keyed_lines.sql",
        {
            "columns": listed(columns),
            "cost": identifier(keys.config.cost),
            "quanta": type_name(_quanta_type(types[keys.config.cost])),
            "lines": _with_resources(keys, lines, has_split_rows=has_split_rows),
        },
    )


def _quanta_type(cost_type: str) -> str:
    """64 bits hold the quanta of amounts below 100 million, and sum twice as fast as 128."""
    return "BIGINT" if cost_type == "DECIMAL(18,10)" else "HUGEINT"


def _with_resources(keys: KeyColumns, lines: Sql, *, has_split_rows: bool) -> Sql:
    if has_split_rows:
        names = {"lines": lines, "is_split_row": IS_SPLIT_ROW}
        lines = script_query(__package__, "lines_but_split_rows.sql", names)
    if not keys.has_workloads:
        return lines
    names = {"lines": lines, "resource": BARE_RESOURCE}
    return script_query(__package__, "lines_with_resources.sql", names)
