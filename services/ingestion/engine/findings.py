"""What a snapshot shows that a person should know: keys that clash, types that are new."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping

from shared.columnar import Session
from shared.findings import Finding
from shared.sql.expressions import Sql
from shared.sql.scripts import run_script

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


def find_findings(session: Session, lines: Sql) -> Iterator[Finding]:
    """`lines` are the snapshot's."""
    names = {"lines": lines}
    yield from _tag_clashes(session, names)
    yield from _unknown_line_types(session, names)
    split_count = run_script(session, __package__, "count_split_rows.sql", names).fetchall()[0][0]
    if split_count:
        yield Finding(
            "split-cost-rows",
            f"{split_count} split cost rows restate parts of their instances: they divide these,"
            " and are never added to them.",
        )


def _tag_clashes(session: Session, names: Mapping[str, Sql]) -> Iterator[Finding]:
    rows = run_script(session, __package__, "tag_keys.sql", names).fetchall()
    groups: dict[str, set[str]] = defaultdict(set)
    for (key,) in rows:
        groups[unicodedata.normalize("NFC", key).strip().casefold()].add(key)
    for _, keys in sorted(groups.items()):
        if len(keys) > 1:
            listed = ", ".join(repr(key) for key in sorted(keys))
            yield Finding("tag-clash", f"Tag keys that look alike are kept apart: {listed}.")


def _unknown_line_types(session: Session, names: Mapping[str, Sql]) -> Iterator[Finding]:
    rows = run_script(session, __package__, "line_types.sql", names).fetchall()
    for line_type, count, billed in rows:
        if line_type not in _KNOWN_LINE_TYPES:
            yield Finding(
                "new-line-type",
                f"{count} lines of the unknown type {line_type!r} (billed {billed}) are kept as"
                " adjustments.",
            )
