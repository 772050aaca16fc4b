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
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from services.attribution import engine
from services.ingestion.engine.focus_columns import COLUMNS, type_of
from services.ingestion.engine.layouts import detect_kind
from shared.contracts.raw_totals import RawTotal
from shared.money import QUANTUM
from shared.sql.expressions import Sql, cast, identifier, listed, null, unnested
from shared.sql.parquet import write_parquet
from shared.sql.scripts import run_script
from tests.work_folder import work_folder

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
    texts = tuple(
        tuple((name, None if value is None else f"{value}") for name, value in line.items())
        for line in lines
    )
    content, raw_totals = _written(texts)
    path.write_bytes(content)
    return NormalisedBill((path,), raw_totals)


@lru_cache(maxsize=1000)
def _written(
    lines_of_texts: tuple[tuple[tuple[str, str | None], ...], ...],
) -> tuple[bytes, tuple[RawTotal, ...]]:
    """Of a suite's bills every second is one that it has written before."""
    lines = [dict(texts) for texts in lines_of_texts]
    kind = detect_kind([name for line in lines for name in line])
    rows = [_row(line) | _own(number, line, str(kind)) for number, line in enumerate(lines, 1)]
    with work_folder("normalised") as folder:
        path = folder / "bill.parquet"
        _write(path, rows)
        return path.read_bytes(), tuple(_raw_totals(lines))


def _row(line: Line) -> dict[str, str]:
    """The fields that are filled."""
    texts = {name: text for name, text in line.items() if text is not None}
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


def _write(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """By statements that are the same for all bills of these columns, parsed once."""
    names = [name for name in COLUMNS if any(name in row for row in rows)]
    table = identifier("lines")
    query = {
        "table": table,
        "columns": listed({name: _cast(name, is_given=name in names) for name in COLUMNS}),
        "values": listed({name: unnested(name) for name in names}),
    }
    texts = {name: [row.get(name) for row in rows] for name in names}
    with duckdb.connect() as session:
        session.execute("SET TimeZone = 'UTC'")
        run_script(session, engine.__package__, "table_of_values.sql", query, texts)
        write_parquet(session, table, path)


def _cast(name: str, *, is_given: bool) -> Sql:
    value = identifier(name) if is_given else null("VARCHAR")
    if type_of(name) == "TIMESTAMP":
        value = cast(value, "TIMESTAMPTZ")
    if name == "Tags":
        value = cast(value, "JSON")
    return cast(value, type_of(name))


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
