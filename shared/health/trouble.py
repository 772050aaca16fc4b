"""One thing that is stuck."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from shared.runtime.log import without_secrets
from shared.vocabulary.troubles import TroubleCode, TroubleKind

# Of a kind, oldest first: who mends these sees the next; a flood must not make the answer large.
ITEMS_MAX: Final = 50
# Of a text that was written when it failed: the beginning says what, the rest is in the log.
_TEXT_CHARACTERS_MAX: Final = 500


@dataclass(frozen=True)
class Trouble:
    """`subject` is what an action on it is given: a message, a job, a source, an invoice.

    `figures` are names, counts and quoted texts, never sentences of ours.
    """

    kind: TroubleKind
    code: TroubleCode
    subject: str
    since: datetime
    figures: Mapping[str, str | int] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "subject": self.subject,
            "since": self.since,
            "code": self.code,
            "figures": dict(self.figures),
        }


def first_of(troubles: Iterable[Trouble]) -> Sequence[Trouble]:
    """The oldest `ITEMS_MAX` of each kind, oldest first."""
    counts: dict[str, int] = {}
    kept = []
    for trouble in sorted(troubles, key=lambda each: each.since):
        counts[trouble.kind] = counts.get(trouble.kind, 0) + 1
        if counts[trouble.kind] <= ITEMS_MAX:
            kept.append(trouble)
    return kept


def quoted(text: str) -> str:
    """A library's error may name an address with what signs it."""
    return without_secrets(text)[:_TEXT_CHARACTERS_MAX]
