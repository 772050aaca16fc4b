"""Files that lie beside a bill, or look like one, and are none: refused by what they are."""

from dataclasses import dataclass
from typing import Final

from shared.faults import BadInput
from shared.tabular import SourceFile


@dataclass(frozen=True)
class _OtherFile:
    """`columns`: what it is told by; no bill has all of them."""

    title: str
    columns: tuple[str, ...]
    remedy: str


_BESIDE_IT: Final = "Give the Cost and Usage dataset alone."
_AS_FOCUS: Final = "Export the costs as FOCUS there, and give that file."
_OTHER_FILES: Final = (
    _OtherFile("FOCUS's Billing Period dataset", ("BillingPeriodStatus",), _BESIDE_IT),
    _OtherFile("FOCUS's Invoice Detail dataset", ("InvoiceIssueStatus",), _BESIDE_IT),
    _OtherFile(
        "FOCUS's Contract Commitment dataset",
        ("ContractCommitmentId", "ContractCommitmentCost"),
        _BESIDE_IT,
    ),
    _OtherFile("an export of Microsoft's Cost Management", ("MeterId", "MeterCategory"), _AS_FOCUS),
    _OtherFile(
        "Google Cloud's own billing export", ("service.description", "sku.description"), _AS_FOCUS
    ),
    _OtherFile(
        "a report of the OpenShift cost operator",
        ("report_period_start", "interval_start"),
        "Give its folder as workloads; the bill is the cloud provider's.",
    ),
)


def refuse_other_file(source: SourceFile) -> None:
    """Raises BadInput for a file that is known, and no bill."""
    names = {column.name.lower() for column in source.columns}
    for other in _OTHER_FILES:
        if names.issuperset(map(str.lower, other.columns)):
            raise BadInput(
                f"not a bill: it is {other.title}.", file=str(source.path), remedy=other.remedy
            )
