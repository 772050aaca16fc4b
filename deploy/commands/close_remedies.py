"""What mends each of attribution's close checks, in the words of the portal's page of the close.

Attribution says which check failed and what it found; who shows it says what to do. A test holds
that the portal says the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.faults import Fault

REMEDIES: Final[Mapping[str, str]] = {
    "snapshot_complete": "Wait for AWS's next delivery, or look at the source's connection.",
    "proof_holds": "Nothing can be issued from this run; report it with its proof.",
    "unallocated_within_limit": "Tag what is unallocated, or add a rule to trueback.yaml.",
    "signals_complete": "Send the missing signals; until then its pool goes by the next driver.",
    "month_is_over": "Wait for the month's end; its cost still grows.",
    "no_charge_twice": "Withdraw a delivery of one of them, or say why their lines are others.",
    "bill_is_final": "Wait until the provider has closed it, or expect that the bill is restated.",
    "no_quarantined_file": "Deliver the refused files again, whole.",
    "nothing_vanished": "Deliver the bill again with what it lacks, or say why it is gone.",
    "run_is_newest": "Wait for the next run; it takes a minute after its inputs.",
}
_OF_A_NEWER_CHECK: Final = "Mend it first."
# Attribution's own advice to whoever calls its API; it is the same for each check.
_ADVICE: Final = " Mend it, or close"


def not_closed(period: str, detail: str, checks: Sequence[Mapping[str, Any]]) -> Fault:
    """`detail` is attribution's sentence about the `checks` that failed."""
    failed = [str(check["name"]) for check in checks]
    remedies = "".join(f"\n  {name}: {REMEDIES.get(name, _OF_A_NEWER_CHECK)}" for name in failed)
    reasons = " ".join(f'--reason {name}="..."' for name in failed)
    return Fault(
        f"{period} is not closed. {detail.partition(_ADVICE)[0]}{remedies}\n"
        f"  To close it all the same: trueback close {period} {reasons}"
    )
