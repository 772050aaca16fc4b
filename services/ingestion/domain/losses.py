"""What a snapshot lacks that an earlier one of its period and source had.

A bill grows through its month and is restated to its end; it does not forget. A tag key that was
switched off, a column that left the export's query, an account that left the organisation: each
makes cost nobody's without a word, so a person has to look before the period is closed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from shared.contracts.ingestion import Loss
from shared.faults import printable

RESOURCE: Final = "resource_id"
# So many ids tell within a twentieth or so which part of all of them is gone.
RESOURCES_SAMPLED: Final = 200
# Fewer than half of the earlier ids left is no restatement of single lines.
RESOURCES_KEPT_MIN: Final = 0.5
# A message names some of what is gone, and counts all.
NAMES_SHOWN_MAX: Final = 20
NAME_CHARACTERS_MAX: Final = 100
_WORDS: Final = {
    "column": "column",
    "tag_key": "tag key",
    "account": "account",
    "service": "service",
    "meter": "meter",
    "cluster": "cluster",
}


@dataclass(frozen=True)
class Contents:
    """`names` by kind: columns and tag keys with values, accounts, services; meters, clusters.

    `resources` is a sample of the resource ids: the lowest of their digests, so that samples of
    two snapshots are of the same ids.
    """

    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    resources: tuple[int, ...] = ()

    def with_earlier(self, earlier: Self) -> "Contents":
        """All that was ever there, so that what is gone stays gone however often it is repeated."""
        kinds = self.names.keys() | earlier.names.keys()
        none: frozenset[str] = frozenset()
        return Contents(
            {kind: self.names.get(kind, none) | earlier.names.get(kind, none) for kind in kinds},
            tuple(sorted({*self.resources, *earlier.resources})[:RESOURCES_SAMPLED]),
        )

    def to_json(self) -> dict[str, Any]:
        names = {kind: sorted(listed) for kind, listed in self.names.items()}
        return {"names": names, "resources": list(self.resources)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Nothing, of a set that an earlier release published."""
        names = {kind: frozenset(listed) for kind, listed in content.get("names", {}).items()}
        return cls(names, tuple(content.get("resources", ())))


def losses(earlier: Contents, now: Contents, *, resources_kept: int = 0) -> Iterator[Loss]:
    """`resources_kept` of `earlier.resources` are there still."""
    for kind, names in sorted(earlier.names.items()):
        gone = sorted(names - now.names.get(kind, frozenset()))
        if gone:
            shown = [printable(name, characters_max=NAME_CHARACTERS_MAX) for name in gone]
            yield Loss(kind, count=len(gone), of=len(names), names=shown[:NAMES_SHOWN_MAX])
    sampled = len(earlier.resources)
    if resources_kept < sampled * RESOURCES_KEPT_MIN:
        yield Loss(RESOURCE, count=sampled - resources_kept, of=sampled)


def loss_in_words(loss: Loss) -> str:
    if loss.kind == RESOURCE:
        return f"{loss.count} of {loss.of} resource ids that were looked for are gone"
    more = f" and {loss.count - len(loss.names)} more" if loss.count > len(loss.names) else ""
    verb = "is" if loss.count == 1 else "are"
    word = _WORDS.get(loss.kind, loss.kind) + ("" if loss.count == 1 else "s")
    return f"the {word} {', '.join(loss.names)}{more} {verb} gone"
