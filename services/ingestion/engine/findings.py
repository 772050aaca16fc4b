# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""What a snapshot shows that a person should know: keys that clash, types that are new."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator

from shared.columnar import Session
from shared.findings import Finding

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


def find_findings(session: Session, scan: str) -> Iterator[Finding]:
    """`scan` is the table function over the snapshot's parts."""
    yield from _tag_clashes(session, scan)
    yield from _unknown_line_types(session, scan)
    split_count = session.execute(
        f"SELECT count(*) FROM {scan} WHERE x_Operation IN ('EKSPod-EC2', 'ECSTask-EC2')"
    ).fetchall()[0][0]
    if split_count:
        yield Finding(
            "split-cost-rows",
            f"{split_count} split cost rows restate parts of their instances: they divide these,"
            " and are never added to them.",
        )


def _tag_clashes(session: Session, scan: str) -> Iterator[Finding]:
    rows = session.execute(
        f"SELECT DISTINCT unnest(map_keys(Tags)) FROM (SELECT DISTINCT Tags FROM {scan})"
    ).fetchall()
    groups: dict[str, set[str]] = defaultdict(set)
    for (key,) in rows:
        groups[unicodedata.normalize("NFC", key).strip().casefold()].add(key)
    for _, keys in sorted(groups.items()):
        if len(keys) > 1:
            listed = ", ".join(repr(key) for key in sorted(keys))
            yield Finding("tag-clash", f"Tag keys that look alike are kept apart: {listed}.")


def _unknown_line_types(session: Session, scan: str) -> Iterator[Finding]:
    rows = session.execute(
        f"SELECT x_LineItemType, count(*), sum(BilledCost) FROM {scan}"
        " WHERE x_LineItemType IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for line_type, count, billed in rows:
        if line_type not in _KNOWN_LINE_TYPES:
            yield Finding(
                "new-line-type",
                f"{count} lines of the unknown type {line_type!r} (billed {billed}) are kept as"
                " adjustments.",
            )
