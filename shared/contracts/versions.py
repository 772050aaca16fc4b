"""Versions of facts rise by one or a few; what jumps is refused, since it could never be replaced.

The consumer keeps the highest version of a thing, so that one absurd number would keep every true
fact out for ever. Why each bound is what it is: docs/reference/messaging.md.
"""

from typing import Final

from shared.faults import Fault

# By how much a version may exceed the known one, or 0 where none is: an hourly delivery of ten
# sources makes 7,440 runs of a month, and a consumer may first see a period at its end.
VERSION_STEP_MAX: Final = 10_000
# No version at all may be higher: a hundred such steps, and it fits the columns that hold it.
VERSION_MAX: Final = 1_000_000


class RefusedFact(Fault):
    """A fact that is not taken, now or later: its producer is told at once."""


class ImplausibleVersion(RefusedFact):
    """A version that no true course of things leads to."""


class ImplausibleValue(RefusedFact):
    """What no field of its kind holds, such as a count below zero."""


def is_newer(version: int, *, than: int | None, unit: int = 1) -> bool:
    """Whether a fact replaces what is known (None: nothing); `unit` is what one step adds.

    Raises ImplausibleVersion for one that is too far above what is known.
    """
    known = than or 0
    if version > known + VERSION_STEP_MAX * unit:
        raise ImplausibleVersion(
            f"version {version} is more than {VERSION_STEP_MAX * unit} above the known {known}.",
            remedy="Look at what its producer has sent; nothing of it was taken.",
        )
    return than is None or version > known
