"""How sources and deliveries are written for people."""

from collections.abc import Mapping, Sequence
from typing import Final

from shared.faults import Fault
from shared.periods import Month
from shared.vocabulary.sources import DeliveryState

KINDS: Final[Mapping[str, str]] = {
    "bill": "Bill",
    "signals": "Usage signals",
    "workloads": "Workloads",
}
_UPLOAD: Final = "upload:"
DELIVERY_WORDS: Final[Mapping[str, str]] = {
    DeliveryState.FOUND: "It is being read. Until it is whole, what was current stays so.",
    DeliveryState.WAITING: "It is not whole yet, or has just been changed. It is taken by itself.",
    DeliveryState.COLLECTED: "It was read as a whole.",
    DeliveryState.UNCHANGED: "It says what was current already, so nothing changed.",
    DeliveryState.QUARANTINED: "It was refused as a whole. What was current before it stays so.",
    DeliveryState.OVERTAKEN: "A newer one lay in its place before it was read.",
    DeliveryState.WITHDRAWN: "It was withdrawn: nothing of it counts.",
}


def kind_label(kind: str) -> str:
    return KINDS.get(kind, kind)


def is_upload(uri: str) -> bool:
    return uri.startswith(_UPLOAD)


def place_words(uri: str) -> str:
    return "Files given by hand" if is_upload(uri) else uri


def size_words(row_count: int, *, is_bill: bool) -> str:
    word = "line" if is_bill else "row"
    return f"{row_count:,} {word}{'' if row_count == 1 else 's'}"


def months_words(months: Sequence[str]) -> str:
    """`2026-08 to 2026-10`, with how many are missing between; what is no month is shown so."""
    if not months:
        return ""
    first, last = months[0], months[-1]
    if first == last:
        return first
    gap = _months_between(first, last) - len(months)
    absent = f", {gap} missing between" if gap > 0 else ""
    return f"{first} to {last}{absent}"


def _months_between(first: str, last: str) -> int:
    """Both of them, too."""
    try:
        start, end = Month.parse(first), Month.parse(last)
    except Fault:
        return 0
    return (end.year - start.year) * 12 + end.month - start.month + 1
