"""What mends each of attribution's close checks: for the command and for the page of the close."""

from collections.abc import Mapping
from typing import Final

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
