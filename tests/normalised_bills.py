"""Bills as ingestion leaves them, written at once: for tests that aren't about a bill's format.

The columns and their types are ingestion's own, and `tests/engine/test_normalised_bills.py` holds
what is written here against what ingestion makes of the same lines.
"""

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb

from services.ingestion.engine.focus_columns import COLUMNS, type_of
from services.ingestion.engine.layouts import detect_kind
from shared.contracts.raw_totals import RawTotal
from shared.money import QUANTUM
from shared.sql.expressions import identifier

SOURCE = "bill"
Line = Mapping[str, Any]


@dataclass(frozen=True)
class NormalisedBill:
    """What attribution takes of a snapshot."""

    parts: tuple[Path, ...]
    raw_totals: tuple[RawTotal, ...]


def write_normalised(folder: Path, lines: Sequence[Line]) -> NormalisedBill:
    """Lines of `focus_line` of one month, as the one part of a snapshot.

    What only ingestion knows to clean is refused here: tag keys with a prefix or not in NFC.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "part-00000.parquet"
    kind = detect_kind([name for line in lines for name in line])
    rows = [_row(line) | _own(number, line, str(kind)) for number, line in enumerate(lines, 1)]
    with duckdb.connect() as session:
        session.execute("SET TimeZone = 'UTC'")
        _relation(session, rows).write_parquet(str(path))
    return NormalisedBill((path,), tuple(_raw_totals(lines)))


def _row(line: Line) -> dict[str, str]:
    """The fields that are filled, as text."""
    texts = {name: f"{value}" for name, value in line.items() if value is not None}
    unread = {name for name, text in texts.items() if text in ("NULL", "null")} | (
        texts.keys() - set(COLUMNS)
    )
    if unread:
        raise ValueError(f"only ingestion can tell what these become: {sorted(unread)}")
    return {name: _tags(text) if name == "Tags" else text for name, text in texts.items() if text}


def _tags(text: str) -> str:
    tags = {key: value for key, value in json.loads(text).items() if value and value.strip()}
    for key in tags:
        if key != unicodedata.normalize("NFC", key).strip() or key.startswith(("user", "resource")):
            raise ValueError(f"only ingestion can tell what this tag key becomes: {key!r}")
    return json.dumps(dict(sorted(tags.items())), ensure_ascii=False)


def _own(number: int, line: Line, kind: str) -> dict[str, str]:
    return {
        "x_LineId": f"0:{number}",
        "x_Source": SOURCE,
        "x_SourceFormat": kind,
        "x_Account": _account(line),
        "ServiceCategory": line.get("ServiceCategory") or "Other",
        "Tags": _tags(line.get("Tags") or "{}"),
    }


def _account(line: Line) -> str:
    return line.get("SubAccountId") or line.get("BillingAccountId") or ""


def _relation(
    session: duckdb.DuckDBPyConnection, rows: Sequence[Mapping[str, str]]
) -> duckdb.DuckDBPyRelation:
    names = [name for name in COLUMNS if any(name in row for row in rows)]
    texts = session.values(
        *(tuple(duckdb.ConstantExpression(row.get(name)) for name in names) for row in rows)
    )
    given = dict(zip(names, texts.columns, strict=True))
    return texts.project(
        ", ".join(f"{_cast(name, given)} AS {identifier(name)}" for name in COLUMNS)
    )


def _cast(name: str, given: Mapping[str, str]) -> str:
    value = given.get(name, "NULL")
    if type_of(name) == "TIMESTAMP":
        value = f"CAST({value} AS TIMESTAMPTZ)"
    if name == "Tags":
        value = f"CAST({value} AS JSON)"
    return f"CAST({value} AS {type_of(name)})"


def _raw_totals(lines: Sequence[Line]) -> Iterator[RawTotal]:
    costs: defaultdict[tuple[str, str, str], list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for line in lines:
        group = _account(line), line.get("ServiceName") or "", line["ChargeCategory"]
        costs[group].append((Decimal(line["BilledCost"]), Decimal(line["EffectiveCost"])))
    for group, pairs in sorted(costs.items()):
        billed, effective = zip(*pairs, strict=True)
        yield RawTotal(
            SOURCE,
            *group,
            billed=sum(map(_rounded, billed), Decimal(0)),
            effective=sum(map(_rounded, effective), Decimal(0)),
            billed_exact=sum(billed, Decimal(0)).normalize(),
            effective_exact=sum(effective, Decimal(0)).normalize(),
        )


def _rounded(cost: Decimal) -> Decimal:
    return cost.quantize(QUANTUM, rounding=ROUND_HALF_UP)
