"""Which jobs wait for each other, and how long each may take."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

# An answer to a person, or a round of calls at Stripe; what takes longer has hung.
SHORT: Final = timedelta(minutes=15)
# A whole bill: 200 million lines take some two hours on one core (docs/reference/messaging.md).
LONG: Final = timedelta(hours=6)


@dataclass(frozen=True)
class Lane:
    """A runner has one child per lane at once, so that no lane waits for another.

    `kinds` is kind of job -> the time that one may take; of those that are due, one of the kind
    that is named first goes first.
    """

    name: str
    kinds: Mapping[str, timedelta]


def kinds_by_priority(lanes: Iterable[Lane]) -> list[str]:
    return [kind for lane in lanes for kind in lane.kinds]
