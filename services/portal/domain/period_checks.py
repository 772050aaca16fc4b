"""What each of attribution's close checks means to the person who closes, and what mends it.

Attribution says which check, whether it holds and what it found, as data; words are written here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from shared.vocabulary.close_remedies import REMEDIES
from shared.vocabulary.names import as_heading

_LABELS: Final = {
    "snapshot_complete": "The bill",
    "proof_holds": "Proof to the cent",
    "unallocated_within_limit": "Unallocated cost",
    "signals_complete": "Signals",
    "month_is_over": "End of the month",
    "no_charge_twice": "Each charge once",
    "bill_is_final": "The provider's month",
    "no_quarantined_file": "Refused deliveries",
    "nothing_vanished": "What was there before",
    "run_is_newest": "Newest inputs",
}
_WORDINGS: Final = {name: (label, REMEDIES[name]) for name, label in _LABELS.items()}


@dataclass(frozen=True)
class Check:
    """`remedy` is what to do where it is not passed."""

    name: str
    label: str
    passed: bool
    finding: str
    remedy: str


@dataclass(frozen=True)
class ShownOverride:
    """`text` is the reason and who gave it."""

    label: str
    text: str


def override_of(*, check: str, reason: str, by: str) -> ShownOverride:
    return ShownOverride(_wording(check)[0], f"{reason} ({by})")


def check_of(*, name: str, passed: bool, figures: Mapping[str, Any]) -> Check:
    """A check that is newer than this page is shown under its own name, without its figures.

    Raises KeyError, TypeError or ValueError where the figures are not those of the check.
    """
    label, remedy = _wording(name)
    if name in _FINDINGS:
        finding = _FINDINGS[name](figures)
    else:
        holds, fails = _VERDICTS.get(name, _UNKNOWN_CHECK)
        finding = holds if passed else fails
    return Check(name, label, passed, as_heading(finding), remedy)


def check_label(name: str) -> str:
    return _wording(name)[0]


def not_closed(checks: Sequence[Check]) -> str:
    """Why a period was not closed: these checks failed, and no reason was given for them."""
    failures = "; ".join(f"{check.label}: {check.finding}" for check in checks)
    return f"{failures}. Mend it, or close with a reason for each of these checks."


def _snapshots(figures: Mapping[str, Any]) -> str:
    count = int(figures["snapshots"])
    return f"{count} current snapshot{'' if count == 1 else 's'}"


def _difference(figures: Mapping[str, Any]) -> str:
    return f"bill minus its parts is {figures['difference']}"


def _unallocated(figures: Mapping[str, Any]) -> str:
    share, limit = Decimal(figures["share"]), Decimal(figures["limit"])
    return f"{share:.2%} of the bill is unallocated, the limit is {limit:.0%}"


def _signals(figures: Mapping[str, Any]) -> str:
    missing = [str(meter) for meter in figures["missing_meters"]]
    return f"no signals for {', '.join(missing)}" if missing else "every meter has signals"


def _doubled(figures: Mapping[str, Any]) -> str:
    pairs = [
        f"{' and '.join(map(str, one['sources']))} bill the same: {one['shared']} of {one['of']}"
        " charges that were looked for are in both"
        for one in figures["doubled"]
    ]
    return "; ".join(pairs) or "no two sources bill the same"


def _open_at_provider(figures: Mapping[str, Any]) -> str:
    sources = [str(source) for source in figures["sources"]]
    if not sources:
        return "no provider says that it is still open"
    return f"the provider of {', '.join(sources)} has not closed it; its charges may change"


def _quarantined(figures: Mapping[str, Any]) -> str:
    """What ingestion wrote about a delivery is quoted as it is."""
    refused = [f"{one['source']}: {one['error']}" for one in figures["deliveries"]]
    return "; ".join(refused) or "no delivery is in quarantine"


def _vanished(figures: Mapping[str, Any]) -> str:
    lacking = [
        f"{one['source']} lacks {'; '.join(map(_loss, one['losses']))}"
        for one in figures["sources"]
    ]
    return "; ".join(lacking) or "nothing that was delivered is gone"


def _loss(loss: Mapping[str, Any]) -> str:
    """Of resource ids a sample is looked for; of the others some are named."""
    count, of, names = int(loss["count"]), int(loss["of"]), [str(name) for name in loss["names"]]
    word = _LOST_WORDS.get(loss["kind"], str(loss["kind"]).replace("_", " "))
    plural = "" if count == 1 else "s"
    if not names:
        return f"{count / of:.0%} of its {word}s"
    more = f" and {count - len(names)} more" if count > len(names) else ""
    return f"the {word}{plural} {', '.join(names)}{more}"


_FINDINGS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "snapshot_complete": _snapshots,
    "proof_holds": _difference,
    "unallocated_within_limit": _unallocated,
    "signals_complete": _signals,
    "no_charge_twice": _doubled,
    "bill_is_final": _open_at_provider,
    "no_quarantined_file": _quarantined,
    "nothing_vanished": _vanished,
}
_LOST_WORDS: Final = {"tag_key": "tag key", "resource_id": "resource id"}
# Of checks without figures, where they hold and where they don't.
_VERDICTS: Final[Mapping[str, tuple[str, str]]] = {
    "month_is_over": ("the month is over", "the month still runs"),
    "run_is_newest": ("the run has the newest inputs", "newer inputs wait for their run"),
}
_UNKNOWN_CHECK: Final = ("it holds", "it does not hold")


def _wording(name: str) -> tuple[str, str]:
    return _WORDINGS.get(name, (as_heading(name.replace("_", " ")), "Mend it first."))
