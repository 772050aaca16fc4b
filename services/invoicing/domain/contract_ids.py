"""Which contract of `trueback.yaml` is which that is known."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Bound:
    """A contract as the file has it, or as it is known; `key` is "" where it has none."""

    key: str
    tenants: Sequence[str]
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True)
class Known(Bound):
    contract_id: str
    is_active: bool


def contract_ids(customer: str, given: Sequence[Bound], known: Sequence[Known]) -> list[str]:
    """The id of each contract of a customer.

    One with a key is whatever has had its key, whatever its tenants, days or plan. The first time
    it takes over what was known without one: of the same tenants and first day, else of the most
    days of its tenants. One without a key is that of its tenants and first day.
    """
    with_key = {one.key: one.contract_id for one in known if one.key}
    without = {one.contract_id: one for one in known if not one.key}
    ids: dict[int, str] = {}
    for at, one in enumerate(given):
        derived = _derived_id(customer, one)
        if not one.key:
            ids[at] = derived
            without.pop(derived, None)
        elif one.key in with_key:
            ids[at] = with_key[one.key]
        elif without.pop(derived, None) is not None:
            ids[at] = derived
    for at, one in enumerate(given):
        if at not in ids:
            ids[at] = _nearest(one, without) or _id_of([customer, "key", one.key])
            without.pop(ids[at], None)
    return [ids[at] for at in range(len(given))]


def _nearest(one: Bound, known: Mapping[str, Known]) -> str | None:
    """What has the most days of its tenants; of as many what is in force, then the first."""
    overlaps = {key: _overlap(one, other) for key, other in known.items()}
    return min(
        (key for key, days in overlaps.items() if days),
        key=lambda key: (-overlaps[key], not known[key].is_active, key),
        default=None,
    )


def _overlap(one: Bound, other: Bound) -> int:
    """In days of tenants; one that doesn't end goes on to the end of the calendar."""
    start = max(one.starts_on, other.starts_on)
    end = min(one.ends_on or date.max, other.ends_on or date.max)
    days = max(0, (end - start).days)
    return days * len(set(one.tenants) & set(other.tenants))


def _derived_id(customer: str, one: Bound) -> str:
    return _id_of([customer, str(one.starts_on), sorted(one.tenants)])


def _id_of(identity: object) -> str:
    return f"con_{hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:32]}"
