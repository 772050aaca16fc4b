"""What each of attribution's close checks means to the person who closes, and what mends it."""

from dataclasses import dataclass
from typing import Final

from services.portal.domain.labels import as_heading

_WORDINGS: Final = {
    "snapshot_complete": (
        "The bill is in",
        "Wait for AWS's next delivery, or look at the source's connection.",
    ),
    "proof_holds": (
        "It adds up to the bill",
        "Nothing can be issued from this run; report it with its proof.",
    ),
    "unallocated_within_limit": (
        "Little is unallocated",
        "Tag what is unallocated, or add a rule to trueback.yaml.",
    ),
    "signals_complete": (
        "Every meter has signals",
        "Send the missing signals; until then its pool goes by the next driver.",
    ),
    "month_is_over": ("The month is over", "Wait for the month's end; its cost still grows."),
    "no_quarantined_file": (
        "No delivery was refused",
        "Deliver the refused files again, whole.",
    ),
    "run_is_newest": (
        "The run has the newest inputs",
        "Wait for the next run; it takes a minute after its inputs.",
    ),
}


@dataclass(frozen=True)
class Check:
    """`remedy` is what to do where it is not passed."""

    name: str
    label: str
    passed: bool
    finding: str
    remedy: str


def check_of(*, name: str, passed: bool, finding: str) -> Check:
    """A check that is newer than this page is shown under its own name."""
    label, remedy = _WORDINGS.get(name, (as_heading(name.replace("_", " ")), "Mend it first."))
    return Check(name, label, passed, as_heading(finding), remedy)
