"""What a snapshot shows that a person should know: keys that clash, types that are new."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping

from shared.columnar import Session
from shared.faults import BadInput
from shared.findings import Finding
from shared.input_limits import NAMES_MAX, beyond
from shared.sql.expressions import Sql
from shared.sql.scripts import records, run_script

_KNOWN_LINE_TYPES = frozenset(
    [
        "Usage",
        "Tax",
        "Credit",
        "Refund",
        "Fee",
        "RIFee",
        "DiscountedUsage",
        "SavingsPlanUpfrontFee",
        "SavingsPlanRecurringFee",
        "SavingsPlanCoveredUsage",
        "SavingsPlanNegation",
        "BundledDiscount",
        "Discount",
        "EdpDiscount",
        "PrivateRateDiscount",
        "FlatRateSubscription",
        "RiVolumeDiscount",
        "SppDiscount",
        "DistributorDiscount",
    ]
)


# AWS has some twenty; each new one is a line of the findings.
_LINE_TYPES_SHOWN = 100
_COLUMN_OF = {
    "service": "ServiceName",
    "account": "BillingAccountId",
    "resource": "ResourceId",
    "usage_type": "SkuMeter",
}


def find_findings(session: Session, lines: Sql, *, file: str) -> Iterator[Finding]:
    """`lines` are the snapshot's. Raises BadInput where no line has a service or an account."""
    names = {"lines": lines}
    yield from _unfilled(session, names, file)
    yield from _tag_clashes(session, names, file)
    yield from _unknown_line_types(session, names)
    split_count = run_script(session, __package__, "count_split_rows.sql", names).fetchall()[0][0]
    if split_count:
        yield Finding(
            "split-cost-rows",
            f"{split_count} split cost rows restate parts of their instances: they divide these,"
            " and are never added to them.",
        )


def _unfilled(session: Session, names: Mapping[str, Sql], file: str) -> Iterator[Finding]:
    """Descriptive columns that nobody is asked by; FOCUS wants a service on every line."""
    (row,) = records(run_script(session, __package__, "unfilled.sql", names))
    for what in ("service", "account"):
        count = row[f"without_{what}"]
        if count == row["lines"]:
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
        if line_type not in _KNOWN_LINE_TYPES:
            yield Finding(
                "new-line-type",
                f"{count} lines of the unknown type {line_type!r} (billed {billed}) are kept as"
                " adjustments.",
            )
