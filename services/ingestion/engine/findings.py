"""What a snapshot shows that a person should know: keys that clash, types that are new."""

import difflib
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.ingestion.engine.closed_lists import FOCUS_LISTS, LINE_TYPES
from services.ingestion.engine.row_checks import CheckedFile, OrderedDates
from shared.columnar import Session
from shared.contracts.unreadable import Unreadable
from shared.exact import EXACT
from shared.faults import BadInput
from shared.findings import Finding
from shared.input_limits import NAMES_MAX, beyond
from shared.sql.expressions import Sql
from shared.sql.expressions import names as listed_names
from shared.sql.scripts import records, run_script

# AWS has some twenty; each new one is a line of the findings.
_LINE_TYPES_SHOWN = 100
_VALUE_CHARACTERS = 80
_FILES_SHOWN = 5
_COLUMNS_SHOWN = 10
_COLUMN_OF = {
    "service": "ServiceName",
    "account": "BillingAccountId",
    "resource": "ResourceId",
    "usage_type": "SkuMeter",
}


def find_findings(session: Session, lines: Sql, *, file: str) -> Iterator[Finding]:
    """`lines` are the snapshot's. Raises BadInput where no line has a service."""
    names = {"lines": lines}
    yield from _unfilled(session, names, file)
    yield from _tag_clashes(session, names, file)
    yield from _unknown_line_types(session, names)
    yield from _unknown_values(session, names, file)
    split_count = run_script(session, __package__, "count_split_rows.sql", names).fetchall()[0][0]
    if split_count:
        yield Finding(
            "split-cost-rows",
            f"{split_count} split cost rows restate parts of their instances: they divide these,"
            " and are never added to them.",
        )


def uneven_files(files: Sequence[CheckedFile]) -> Iterator[Finding]:
    """Files without a column that others of the delivery have: whose tags it has are on no line."""
    columns = [{column.name for column in checked.staging.source.columns} for checked in files]
    every = set().union(*columns)
    lacking = [
        (checked, sorted(every - own))
        for checked, own in zip(files, columns, strict=True)
        if checked.row_count and every - own
    ]
    for checked, names in lacking[:_FILES_SHOWN]:
        more = len(names) - _COLUMNS_SHOWN
        listed = ", ".join(names[:_COLUMNS_SHOWN]) + (f" and {more} more" if more > 0 else "")
        yield Finding(
            "uneven-files",
            f"{checked.staging.source.path.name} lacks columns that other files of the delivery"
            f" have: {listed}. Its lines ({checked.row_count}) are without them.",
        )
    if len(lacking) > _FILES_SHOWN:
        yield Finding("uneven-files", f"So do {len(lacking) - _FILES_SHOWN} more files.")


def unreadable_finding(unreadable: Unreadable) -> Finding:
    rows = "1 row" if unreadable.row_count == 1 else f"{unreadable.row_count} rows"
    goes_to = "" if unreadable.column == unreadable.field else f" {unreadable.column} of them"
    return Finding(
        "unreadable",
        f"{unreadable.field} can't be read in {rows} of {unreadable.file}, first in row"
        f" {unreadable.row}: {unreadable.value!r}.{goes_to or ' It'} is not known.",
    )


def order_finding(dates: OrderedDates) -> Finding:
    return Finding(
        "day-order",
        f"{dates.field} has dates such as {dates.example!r}, which are read {dates.order}: so they"
        " lie in the billing period, and otherwise they don't.",
    )


def _unfilled(session: Session, names: Mapping[str, Sql], file: str) -> Iterator[Finding]:
    """Descriptive columns that nobody is asked by; FOCUS wants a service on every line."""
    (row,) = records(run_script(session, __package__, "unfilled.sql", names))
    for what in ("service", "account"):
        count = row[f"without_{what}"]
        if count == row["lines"] and what == "service":
            raise BadInput(
                f"no line of it says its {what}.",
                file=file,
                field=_COLUMN_OF[what],
                remedy="Fill that column in the export's query; nothing was taken.",
            )
        if count:
            billed = row[f"billed_without_{what}"]
            yield Finding(f"no-{what}", f"{count} lines (billed {billed}) have no {what}.")
    for what in ("resource", "usage_type"):
        if not row[f"with_{what}"]:
            yield Finding(
                f"no-{what.replace('_', '-')}",
                f"No line has a value in {_COLUMN_OF[what]}: nothing can go by it.",
            )


def _tag_clashes(session: Session, names: Mapping[str, Sql], file: str) -> Iterator[Finding]:
    rows = run_script(session, __package__, "tag_keys.sql", names).fetchmany(NAMES_MAX + 1)
    if len(rows) > NAMES_MAX:
        raise beyond("it has more than {} tag keys", NAMES_MAX, file=file)
    groups: dict[str, set[str]] = defaultdict(set)
    for (key,) in rows:
        groups[unicodedata.normalize("NFC", key).strip().casefold()].add(key)
    for _, keys in sorted(groups.items()):
        if len(keys) > 1:
            listed = ", ".join(repr(key) for key in sorted(keys))
            yield Finding("tag-clash", f"Tag keys that look alike are kept apart: {listed}.")


def _unknown_line_types(session: Session, names: Mapping[str, Sql]) -> Iterator[Finding]:
    rows = run_script(session, __package__, "line_types.sql", names).fetchmany(_LINE_TYPES_SHOWN)
    for line_type, count, billed in rows:
        if line_type not in LINE_TYPES:
            yield Finding(
                "new-line-type",
                f"{count} lines of the unknown type {line_type!r} (billed {billed}) are kept as"
                " adjustments.",
            )


def _unknown_values(session: Session, names: Mapping[str, Sql], file: str) -> Iterator[Finding]:
    """What is on none of FOCUS's lists, by column, with its money."""
    query = {**names, "columns": listed_names(FOCUS_LISTS)}
    rows = run_script(session, __package__, "values_of_lists.sql", query).fetchmany(NAMES_MAX + 1)
    if len(rows) > NAMES_MAX:
        raise beyond("it has more than {} values of closed lists", NAMES_MAX, file=file)
    unknown: dict[tuple[str, str], _Money] = defaultdict(_Money)
    for *values, count, billed, effective in rows:
        for column, value in zip(FOCUS_LISTS, values, strict=True):
            if value is not None and value not in FOCUS_LISTS[column]:
                unknown[column, value].add(count, billed, effective)
    for (column, value), money in sorted(unknown.items())[:_LINE_TYPES_SHOWN]:
        near = difflib.get_close_matches(value, FOCUS_LISTS[column], n=1)
        meant = f" Did its producer mean {near[0]!r}?" if near else ""
        yield Finding(
            "unknown-value",
            f"{money.line_count} lines (billed {money.billed}, effective {money.effective}) have"
            f" the {column} {value[:_VALUE_CHARACTERS]!r}, which FOCUS does not know: no rule by"
            f" {', '.join(FOCUS_LISTS[column])} takes them.{meant}",
        )


@dataclass
class _Money:
    line_count: int = 0
    billed: Decimal = Decimal(0)
    effective: Decimal = Decimal(0)

    def add(self, line_count: int, billed: Decimal, effective: Decimal) -> None:
        self.line_count += line_count
        self.billed = EXACT.add(self.billed, billed)
        self.effective = EXACT.add(self.effective, effective)
