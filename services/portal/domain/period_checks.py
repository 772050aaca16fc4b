"""What each of attribution's close checks means to the person who closes, and what mends it."""

from dataclasses import dataclass
from typing import Final

from services.portal.domain.labels import as_heading

_WORDINGS: Final = {
    "snapshot_complete": (
        "The bill",
        "Wait for AWS's next delivery, or look at the source's connection.",
    ),
    "proof_holds": (
        "Proof to the cent",
        "Nothing can be issued from this run; report it with its proof.",
    ),
    "unallocated_within_limit": (
        "Unallocated cost",
        "Tag what is unallocated, or add a rule to trueback.yaml.",
    ),
    "signals_complete": (
        "Signals",
        "Send the missing signals; until then its pool goes by the next driver.",
    ),
    "month_is_over": ("End of the month", "Wait for the month's end; its cost still grows."),
    "no_quarantined_file": (
        "Refused deliveries",
        "Deliver the refused files again, whole.",
    ),
    "run_is_newest": (
        "Newest inputs",
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


@dataclass(frozen=True)
class Override:
    """`text` is the reason and who gave it."""

    label: str
    text: str


def override_of(written: str) -> Override:
    """Of `signals_complete: the reason (who)`, as attribution writes it."""
    name, _, text = written.partition(": ")
    return Override(_wording(name)[0], text)


def check_of(*, name: str, passed: bool, finding: str) -> Check:
    """A check that is newer than this page is shown under its own name."""
    label, remedy = _wording(name)
    return Check(name, label, passed, as_heading(finding), remedy)


def _wording(name: str) -> tuple[str, str]:
    return _WORDINGS.get(name, (as_heading(name.replace("_", " ")), "Mend it first."))
