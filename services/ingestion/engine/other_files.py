"""Files that lie beside a bill, or look like one, and are none: known by what they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shared.faults import BadInput
from shared.tabular import SourceFile


@dataclass(frozen=True)
class OtherFile:
    """`columns`: what it is told by; no bill has all of them.

    `is_beside_a_bill`: FOCUS delivers it together with the Cost and Usage dataset.
    """

    title: str
    columns: tuple[str, ...]
    remedy: str
    is_beside_a_bill: bool = False


_BESIDE_IT: Final = "Give the Cost and Usage dataset, or the folder that has both."
_AS_FOCUS: Final = "Export the costs as FOCUS there, and give that file."
BILLING_PERIODS: Final = OtherFile(
    "FOCUS's Billing Period dataset", ("BillingPeriodStatus",), _BESIDE_IT, is_beside_a_bill=True
)
_OTHER_FILES: Final = (
    BILLING_PERIODS,
    OtherFile(
        "FOCUS's Invoice Detail dataset",
        ("InvoiceIssueStatus",),
        _BESIDE_IT,
        is_beside_a_bill=True,
    ),
    OtherFile(
        "FOCUS's Contract Commitment dataset",
        ("ContractCommitmentId", "ContractCommitmentCost"),
        _BESIDE_IT,
        is_beside_a_bill=True,
    ),
    OtherFile("an export of Microsoft's Cost Management", ("MeterId", "MeterCategory"), _AS_FOCUS),
    OtherFile(
        "Google Cloud's own billing export", ("service.description", "sku.description"), _AS_FOCUS
    ),
    OtherFile(
        "a report of the OpenShift cost operator",
        ("report_period_start", "interval_start"),
        "Give its folder as workloads; the bill is the cloud provider's.",
    ),
)


def other_file(columns: Iterable[str]) -> OtherFile | None:
    """What a file with these columns is, if it is known and no bill."""
    names = {column.lower() for column in columns}
    known = (other for other in _OTHER_FILES if names.issuperset(map(str.lower, other.columns)))
    return next(known, None)


def refuse_other_file(source: SourceFile) -> None:
    """Raises BadInput for a file that is known, and no bill."""
    other = other_file(column.name for column in source.columns)
    if other is not None:
        raise BadInput(
            f"not a bill: it is {other.title}.", file=str(source.path), remedy=other.remedy
        )
