"""Values of a label that are one tenant: they differ in case, blanks or the company's form."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.attribution.domain.near_tenants import bare_name
from services.attribution.ruleset_guess.labels import TenantValue
from shared.exact import exact_sum
from shared.vocabulary.recipients import UNALLOCATED
from shared.vocabulary.tenant_values import as_seen, folded

_NOBODY: Final = frozenset(["none", "n/a", "na", "null", "unknown", "undefined", "tbd", "-", "?"])
_EVERYBODY: Final = frozenset(
    ["shared", "common", "platform", "internal", "infra", "infrastructure", "global", "all"]
)
_RESERVED: Final = frozenset([UNALLOCATED])
_ALIAS_LENGTH_MAX: Final = 200
_KEY_LENGTH_MAX: Final = 60


@dataclass(frozen=True)
class GuessedTenant:
    key: str
    aliases: tuple[str, ...]
    """Values that are not the key but for case and blanks, each once."""
    cost: Decimal


def is_everybodys(value: str) -> bool:
    return folded(value) in _EVERYBODY


def tenants_of_values(values: Sequence[TenantValue]) -> list[GuessedTenant]:
    """By cost; none of values that stand for nobody or for all."""
    groups: dict[str, list[TenantValue]] = {}
    for each in values:
        name = folded(each.value)
        if name not in _NOBODY | _EVERYBODY and len(each.value) <= _ALIAS_LENGTH_MAX:
            groups.setdefault(bare_name(each.value) or name, []).append(each)
    taken = {folded(each.value) for each in values} | _RESERVED
    tenants = []
    for group in groups.values():
        key = key_of(min((folded(each.value) for each in group), key=_by_length), taken)
        taken.add(key)
        cost = exact_sum(each.cost for each in group)
        tenants.append(GuessedTenant(key, _aliases(key, (each.value for each in group)), cost))
    return sorted(tenants, key=lambda tenant: (-tenant.cost, tenant.key))


def _by_length(name: str) -> tuple[int, str]:
    return len(name), name


def _aliases(key: str, values: Iterable[str]) -> tuple[str, ...]:
    """Without those that only look like the key or another alias: a run names these each time."""
    distinct: dict[str, str] = {}
    for value in sorted(values, key=lambda value: folded(value) != as_seen(value)):
        distinct.setdefault(as_seen(value), value)
    return tuple(value for seen, value in distinct.items() if seen != key)


def key_of(name: str, taken: set[str]) -> str:
    """The value itself where it may be a key, else its letters, else a digest of it."""
    decomposed = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9._-]+", "-", decomposed).strip("-._")[:_KEY_LENGTH_MAX]
    if slug == name and slug not in _RESERVED:
        return slug
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    if not slug or len(slug) * 2 < len(name):
        slug = f"tenant-{digest}"
    return slug if slug not in taken else f"{slug}-{digest}"
