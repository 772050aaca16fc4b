"""FOCUS's Billing Period dataset: whether the provider may still change a month.

FOCUS 1.4 has a row per month and issuer of invoices, BillingPeriodStatus Open or Closed. AWS's
exports end at FOCUS 1.2 and have none; other providers and tools deliver it beside the bill.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from services.ingestion.engine.other_files import BILLING_PERIODS, other_file
from shared.column_types import check_column_type
from shared.columnar import Session
from shared.faults import BadInput, printable
from shared.input_limits import NAMES_MAX, beyond
from shared.packed_text import csv_records
from shared.periods import Month
from shared.readable import refused_if_unreadable
from shared.sql.expressions import cast, literal
from shared.sql.scripts import run_script
from shared.tabular import SourceFile, open_source_file
from shared.times import parse_time
from shared.vocabulary.billing_periods import BillingPeriodStatus

_START: Final = "BillingPeriodStart"
_STATUS: Final = "BillingPeriodStatus"
_UPDATED: Final = "BillingPeriodLastUpdated"
_STATUSES: Final = {
    each.value: each for each in (BillingPeriodStatus.OPEN, BillingPeriodStatus.CLOSED)
}
_VALUE_CHARACTERS: Final = 80


@dataclass(frozen=True)
class BillingPeriod:
    """`last_updated` is the newest of the month's rows, None where none says."""

    month: Month
    status: BillingPeriodStatus
    last_updated: datetime | None


def read_billing_periods(session: Session, paths: Sequence[Path]) -> dict[Month, BillingPeriod]:
    """What files of the dataset say together: a month is closed once every issuer has closed it.

    Raises BadInput for a file of another kind, and for a row whose month or status can't be read.
    """
    months: dict[Month, BillingPeriod] = {}
    for path in paths:
        with refused_if_unreadable(path):
            for row in _rows(session, path):
                months[row.month] = _together(months.get(row.month), row)
    return months


def _together(one: BillingPeriod | None, other: BillingPeriod) -> BillingPeriod:
    if one is None:
        return other
    is_open = BillingPeriodStatus.OPEN in (one.status, other.status)
    known = [moment for moment in (one.last_updated, other.last_updated) if moment is not None]
    status = BillingPeriodStatus.OPEN if is_open else BillingPeriodStatus.CLOSED
    return BillingPeriod(one.month, status, max(known, default=None))


def _rows(session: Session, path: Path) -> Iterator[BillingPeriod]:
    source = open_source_file(path)
    if other_file(column.name for column in source.columns) is not BILLING_PERIODS:
        raise BadInput(
            f"it is not {BILLING_PERIODS.title}, as its name says: {_STATUS} is missing.",
            file=str(path),
            remedy="Rename it, so that its name tells what it holds.",
        )
    for number, values in enumerate(_values(session, source), start=1):
        if number > NAMES_MAX:
            raise beyond("it has more than {} rows", NAMES_MAX, file=str(path))
        if any(values):
            yield _billing_period(values, number, path)


def _billing_period(values: Sequence[str], number: int, path: Path) -> BillingPeriod:
    start, status, updated = values
    begins_at = parse_time(start)
    if begins_at is None or begins_at != Month.of(begins_at).start:
        raise _unreadable(path, number, _START, start, "the first moment of a month, in UTC")
    known = _STATUSES.get(status.strip().lower())
    if known is None:
        raise _unreadable(path, number, _STATUS, status, "Open or Closed")
    last_updated = parse_time(updated)
    if updated.strip() and last_updated is None:
        raise _unreadable(path, number, _UPDATED, updated, "a time such as 2026-11-03T04:00:00Z")
    return BillingPeriod(Month.of(begins_at), known, last_updated)


def _unreadable(path: Path, number: int, field: str, value: str, wanted: str) -> BadInput:
    return BadInput(
        f"row {number} has {printable(value)[:_VALUE_CHARACTERS]!r}, which is not {wanted}.",
        file=str(path),
        field=field,
        remedy="Mend the row, or take the file away: then nothing says whether a month is closed.",
    )


def _values(session: Session, source: SourceFile) -> Iterator[tuple[str, str, str]]:
    """Start, status and update of each row as texts, '' where there is none."""
    places = [_place(source, name) for name in (_START, _STATUS, _UPDATED)]
    if source.format == "csv":
        records = csv_records(source.path, source.encoding, source.delimiter)
        for record in islice(records, 1, None):
            start, status, updated = (
                "" if at is None or at >= len(record) else record[at] for at in places
            )
            yield start, status, updated
        return
    names = {"rows": source.scan}
    for name, at in zip(("start", "status", "updated"), places, strict=True):
        if at is None:
            names[name] = literal("")
            continue
        column = source.columns[at]
        check_column_type(source, column, "text" if name == "status" else "time")
        names[name] = cast(column.reference, "VARCHAR")
    rows = run_script(session, __package__, "billing_period_values.sql", names)
    yield from rows.fetchmany(NAMES_MAX + 1)


def _place(source: SourceFile, name: str) -> int | None:
    """Of the column by that name, in whatever case. Raises BadInput for a needed one that lacks."""
    named = [at for at, each in enumerate(source.columns) if each.name.lower() == name.lower()]
    if len(named) == 1 or (not named and name == _UPDATED):
        return named[0] if named else None
    raise BadInput(
        "the column is there twice." if named else "the column is missing.",
        file=str(source.path),
        field=name,
        remedy=f"{BILLING_PERIODS.title} has it once.",
    )
