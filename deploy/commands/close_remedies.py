"""A close that was refused, with what to do: attribution says which checks failed and why."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.faults import Fault
from shared.vocabulary.close_remedies import REMEDIES

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
