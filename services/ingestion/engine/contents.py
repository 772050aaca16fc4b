"""What a snapshot's lines have: which columns, tag keys, accounts, services and resource ids."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from services.ingestion.domain.losses import RESOURCES_SAMPLED, Contents
from services.ingestion.engine.focus_columns import COLUMNS, type_of
from shared.columnar import Session
from shared.faults import printable
from shared.input_limits import NAMES_MAX, beyond
from shared.sql.expressions import (
    FALSE,
    Sql,
    call,
    identifier,
    infix,
    is_null,
    listed,
    literal,
    negated,
    number,
    parquet_scan,
)
from shared.sql.scripts import records, run_script

# Ours, of no content, and what is filled in every snapshot.
_OF_NO_CONTENT: Final = frozenset(["x_LineId", "x_Source", "x_SourceFormat"])
_DIGESTS: Final = 2**64
# Of a bill with a part of another's lines so many show it, however small the part.
CHARGES_SAMPLED: Final = 200
# A charge may have some lines, such as its usage and a discount; the bound goes by their number.
_CHARGES_MARGIN: Final = 16
# So many more ids than are wanted pass the bound, since their number is an estimate.
_MARGIN: Final = 4
_BATCH: Final = 10_000


def contents_of(session: Session, parts: Sequence[Path], *, file: str) -> Contents:
    """Raises BadInput, by the name `file`, where there are too many names of a kind."""
    lines = parquet_scan(parts)
    (columns,) = records(
        run_script(
            session,
            __package__,
            "filled_columns.sql",
            {
                "lines": lines,
                "filled": listed({name: _is_filled(name) for name in COLUMNS}),
            },
        )
    )
    names: dict[str, set[str]] = defaultdict(set)
    rows = run_script(session, __package__, "names_in_lines.sql", {"lines": lines})
    while batch := rows.fetchmany(_BATCH):
        for kind, name in batch:
            names[kind].add(printable(name))
            if len(names[kind]) > NAMES_MAX:
                what = f"it has more than {{}} {kind.replace('_', ' ')}s"
                raise beyond(what, NAMES_MAX, file=file)
    names["column"] = {name for name in COLUMNS if columns[name]} - _OF_NO_CONTENT
    sample = run_script(
        session,
        __package__,
        "resource_sample.sql",
        {"lines": lines},
        {"size": RESOURCES_SAMPLED, "bound": _bound(columns["resource_count"])},
    )
    return Contents(
        {kind: frozenset(listed_names) for kind, listed_names in names.items()},
        tuple(digest for (digest,) in sample.fetchall()),
    )


def charges_sampled(session: Session, parts: Sequence[Path], row_count: int) -> list[int]:
    """The lowest digests of the charges, each below 2^63: two bills with the same have some alike.

    A charge is what a payer is billed in an hour for a meter of a resource: no other bill has it.
    """
    wanted = CHARGES_SAMPLED * _CHARGES_MARGIN
    bound = _DIGESTS // 2 - 1 if row_count <= wanted else _DIGESTS // 2 * wanted // row_count
    sample = run_script(
        session,
        __package__,
        "charge_sample.sql",
        {"lines": parquet_scan(parts)},
        {"size": CHARGES_SAMPLED, "bound": bound},
    )
    return [digest for (digest,) in sample.fetchall()]


def resources_kept(session: Session, parts: Sequence[Path], sample: Sequence[int]) -> int:
    """How many of the sampled ids the lines have."""
    names = {"lines": parquet_scan(parts)}
    result = run_script(
        session, __package__, "resources_kept.sql", names, {"digests": list(sample)}
    )
    return int(result.fetchall()[0][0])


def _bound(resource_count: int) -> int:
    """The digest below which there are enough of so many ids."""
    wanted = RESOURCES_SAMPLED * _MARGIN
    return _DIGESTS - 1 if resource_count <= wanted else _DIGESTS * wanted // resource_count


def _is_filled(name: str) -> Sql:
    column = identifier(name)
    match type_of(name):
        case "VARCHAR":
            condition = infix(column, "<>", literal(""))
        case "MAP(VARCHAR, VARCHAR)":
            condition = infix(number(0), "<", call("cardinality", column))
        case _:
            condition = negated(is_null(column))
    return call("coalesce", call("bool_or", condition), FALSE)
