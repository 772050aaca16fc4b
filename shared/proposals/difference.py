"""What two versions of a file say differently, entry by entry."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

EntryKey = tuple[str, str]
"""What an entry is, such as `rule`, and its name."""
Entries = Mapping[EntryKey, Mapping[str, Any]]
"""By key, in the order in which they are shown; the fields of each as JSON has them."""

# Of a list that a person reads before they confirm it; the file itself has the others.
SHOWN_MAX: Final = 500


@dataclass(frozen=True)
class Difference:
    """`before` and `after` have the fields that differ alone; None: there is no such entry."""

    kind: str
    name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def key(self) -> EntryKey:
        return self.kind, self.name


def differences(before: Entries, after: Entries) -> list[Difference]:
    keys = dict.fromkeys([*after, *before])
    return [
        _difference(key, before.get(key), after.get(key))
        for key in keys
        if before.get(key) != after.get(key)
    ]


def shown(listed: Sequence[Difference]) -> dict[str, Any]:
    """As it is kept with a proposal: the first of them, and how many there are."""
    return {"count": len(listed), "first": [asdict(one) for one in listed[:SHOWN_MAX]]}


def without(listed: Iterable[Difference], others: Iterable[Difference]) -> list[Difference]:
    keys = {one.key for one in others}
    return [one for one in listed if one.key not in keys]


def _difference(
    key: EntryKey, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> Difference:
    if before is not None and after is not None:
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        before = {name: before[name] for name in names if name in before}
        after = {name: after[name] for name in names if name in after}
    return Difference(*key, before, after)
