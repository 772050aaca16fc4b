"""What a snapshot shows that a person should know: keys that clash, types that are new."""

import difflib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from services.ingestion.engine.billing_periods import read_billing_periods
from services.ingestion.engine.closed_lists import FOCUS_LISTS, LINE_TYPES
from services.ingestion.engine.delivery import FileBeside
from services.ingestion.engine.other_files import BILLING_PERIODS
from services.ingestion.engine.raw_totals import RawTally
from services.ingestion.engine.row_checks import CheckedFile, OrderedDates
from shared.characters import shown
from shared.columnar import Session
from shared.contracts.ingestion import Corrected
from shared.contracts.unreadable import Unreadable
from shared.exact import EXACT
from shared.faults import BadInput
from shared.findings import Finding
from shared.input_limits import NAMES_MAX, beyond
from shared.periods import Month
from shared.sql.expressions import Sql
from shared.sql.expressions import names as listed_names
from shared.sql.scripts import records, run_script
from shared.vocabulary.billing_periods import BillingPeriodStatus
from shared.vocabulary.tenant_values import as_seen

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


@dataclass(frozen=True)
class ListedValues:
    """A value, or None, for each column of FOCUS_LISTS, and the lines that have these."""

    values: Mapping[str, str | None]
    line_count: int
    billed: Decimal
    effective: Decimal


def find_findings(
    session: Session,
    lines: Sql,
    listed: Sequence[ListedValues],
    *,
    file: str,
    files: Sequence[CheckedFile],
) -> Iterator[Finding]:
    """`lines` are the snapshot's. Raises BadInput where no line has a service."""
    names = {"lines": lines}
    yield from _unfilled(session, names, file, files)
    yield from _tag_clashes(session, names, file)
    yield from _unknown_line_types(session, names)
    yield from _unknown_values(listed)
    corrected = corrected_lines(listed)
    if corrected is not None:
        yield Finding(
            "corrections",
            f"{corrected.line_count} lines (billed {corrected.billed}, effective"
            f" {corrected.effective}) correct earlier charges: their ChargeClass is Correction.",
        )
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


def find_beside(session: Session, beside: Sequence[FileBeside], period: Month) -> Iterator[Finding]:
    """What was delivered beside the bill: the month's state at its provider, and what is not read.

    A fault of it is a finding: no owner and no amount hangs on it.
    """
    datasets = [each for each in beside if each.dataset is BILLING_PERIODS]
    if datasets:
        yield _billing_period_finding(session, [each.path for each in datasets], period)
    for each in beside:
        if each.dataset is not BILLING_PERIODS:
            yield Finding("not-read", f"{each.path.name} is {each.dataset.title}; it is not read.")


def _billing_period_finding(session: Session, paths: Sequence[Path], period: Month) -> Finding:
    try:
        known = read_billing_periods(session, paths).get(period)
    except BadInput as fault:
        return Finding("billing-period", f"Whether the provider has closed {period}: {fault}")
    if known is None:
        return Finding(
            "billing-period", f"{BILLING_PERIODS.title} does not say whether {period} is closed."
        )
    at = f" ({known.last_updated:%Y-%m-%d %H:%M} UTC)" if known.last_updated else ""
    says = (
        f"is closed{at}"
        if known.status is BillingPeriodStatus.CLOSED
        else f"is still open{at}: its charges may change"
    )
    return Finding("billing-period", f"By {BILLING_PERIODS.title} {period} {says}.")


def find_left_out(tally: RawTally) -> Iterator[Finding]:
    for month, count in sorted(tally.other_months.items()):
        yield Finding("other-period", f"{count} rows of {month} were left out.")
    if tally.restated:
        yield Finding(
            "split-cost-amounts",
            f"Split cost rows were billed {tally.restated.normalize(EXACT):f} of their own;"
            " it restates their instances and was left out.",
        )


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


def _unfilled(
    session: Session, names: Mapping[str, Sql], file: str, files: Sequence[CheckedFile]
) -> Iterator[Finding]:
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
    if row["ends_before_start"]:
        index, number = row["first_before_start"]
        count = row["ends_before_start"]
        have = "1 line ends" if count == 1 else f"{count} lines end"
        yield Finding(
            "ends-before-start",
            f"{have} before the time of the start (billed {row['billed_before_start']}), first in"
            f" row {number} of {files[index].staging.source.path.name}: only the start counts.",
        )


def _tag_clashes(session: Session, names: Mapping[str, Sql], file: str) -> Iterator[Finding]:
    rows = run_script(session, __package__, "tag_keys.sql", names).fetchmany(NAMES_MAX + 1)
    if len(rows) > NAMES_MAX:
        raise beyond("it has more than {} tag keys", NAMES_MAX, file=file)
    groups: dict[str, set[str]] = defaultdict(set)
    for (key,) in rows:
        groups[as_seen(key)].add(key)
    for _, keys in sorted(groups.items()):
        if len(keys) > 1:
            listed = ", ".join(shown(repr(key)) for key in sorted(keys))
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


def values_of_lists(session: Session, lines: Sql, *, file: str) -> list[ListedValues]:
    """Each combination of values that the columns of closed lists have, with its money.

    Raises BadInput where there are too many.
    """
    query = {"lines": lines, "columns": listed_names(FOCUS_LISTS)}
    rows = run_script(session, __package__, "values_of_lists.sql", query).fetchmany(NAMES_MAX + 1)
    if len(rows) > NAMES_MAX:
        raise beyond("it has more than {} values of closed lists", NAMES_MAX, file=file)
    return [
        ListedValues(dict(zip(FOCUS_LISTS, values, strict=True)), count, billed, effective)
        for *values, count, billed, effective in rows
    ]


def corrected_lines(listed: Sequence[ListedValues]) -> Corrected | None:
    """What the bill corrects of earlier charges; None where no line does.

    FOCUS: a line whose ChargeClass is Correction corrects charges that were billed before.
    """
    money = _Money()
    for one in listed:
        if one.values["ChargeClass"] == "Correction":
            money.add(one)
    if not money.line_count:
        return None
    return Corrected(money.line_count, money.billed, money.effective)


def _unknown_values(listed: Sequence[ListedValues]) -> Iterator[Finding]:
    """What is on none of FOCUS's lists, by column, with its money."""
    unknown: dict[tuple[str, str], _Money] = defaultdict(_Money)
    for one in listed:
        for column, value in one.values.items():
            if value is not None and value not in FOCUS_LISTS[column]:
                unknown[column, value].add(one)
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

    def add(self, one: ListedValues) -> None:
        self.line_count += one.line_count
        self.billed = EXACT.add(self.billed, one.billed)
        self.effective = EXACT.add(self.effective, one.effective)
