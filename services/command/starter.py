"""A `trueback.yaml` to start from: what was guessed of a bill, with the reasons as comments."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import yaml

from services.attribution.domain.near_tenants import slip_of
from services.attribution.ruleset_guess.guess import FoundPool, Guess, TenantValue
from shared.vocabulary.recipients import UNALLOCATED
from shared.vocabulary.tenant_values import folded

_NOBODY: Final = frozenset(["none", "n/a", "na", "null", "unknown", "undefined", "tbd", "-", "?"])
_EVERYBODY: Final = frozenset(
    ["shared", "common", "platform", "internal", "infra", "infrastructure", "global", "all"]
)
_RESERVED: Final = frozenset([UNALLOCATED])
_ALIAS_LENGTH_MAX: Final = 200
_KEY_LENGTH_MAX: Final = 60
_DRIVERS: Final = {
    "nat": ("nat_bytes", "[{proportional: direct}, {even: true}]", "hour"),
    "load-balancers": ("requests", "[{proportional: direct}, {even: true}]", "hour"),
    "clusters": ("", "[{proportional: direct}, {even: true}]", "day"),
    "monitoring": ("series", "[{proportional: direct}, {even: true}]", "day"),
    "support": ("", "[{proportional: direct}, {even: true}]", "period"),
    "tax": ("", "[{proportional: direct}, {even: true}]", "period"),
    "credits": ("", "[{proportional: direct}, {even: true}]", "period"),
}


@dataclass(frozen=True)
class _Tenant:
    key: str
    spellings: tuple[str, ...]
    cost: Decimal


def starter_text(guess: Guess, *, period: str) -> str:
    return "\n".join([*_head(guess, period), *_tenants(guess), *_labels(guess), *_rest(guess)])


def _head(guess: Guess, period: str) -> Iterator[str]:
    yield f"# Guessed from the bill of {period} by `trueback attribute`. Read it and make it yours:"
    yield "# from now on give it as --config. Amounts in comments are that month's EffectiveCost."
    yield "version: 1"
    yield f"currency: {_quoted(guess.currency)}"
    yield "cost: EffectiveCost  # amortised; BilledCost is what was charged in the month"
    yield ""


def _labels(guess: Guess) -> Iterator[str]:
    yield ""
    best = guess.best
    if best is None:
        yield "# No line has a tag. Activate the tag that names the tenant as a cost allocation tag"
        yield "# and put its key here; until then only rules and `defaults.accounts` can say whose."
        yield "labels:"
        yield '  tenant: ["tag:customer"]'
        return
    yield f"# {best.certainty}: {', '.join(best.reasons)}. The first tag that a line has counts."
    for other in guess.labels[1:4]:
        yield f"#   also on the bill: {_quoted('tag:' + other.use.key)}, {', '.join(other.reasons)}"
    yield "labels:"
    yield f"  tenant: [{_quoted('tag:' + best.use.key)}]"


def _tenants(guess: Guess) -> Iterator[str]:
    tenants = _tenants_of(guess.values)
    yield "# By cost. Add the other spellings of a name to `aliases`."
    if not tenants:
        yield "tenants: []"
        return
    yield "tenants:"
    keys = [tenant.key for tenant in tenants]
    for at, tenant in enumerate(tenants):
        aliases = [_as_alias(each) for each in tenant.spellings if folded(each) != tenant.key]
        listed = f", aliases: [{', '.join(map(_quoted, aliases))}]" if aliases else ""
        near = slip_of(tenant.key, keys[:at])
        note = f"; looks like {near}: the same?" if near else ""
        yield f"  - {{key: {_quoted(tenant.key)}{listed}}}  # {tenant.cost:,.2f}{note}"


def _tenants_of(values: Sequence[TenantValue]) -> list[_Tenant]:
    """One per value, spellings that differ in case or blanks together; by cost."""
    groups: dict[str, list[TenantValue]] = {}
    for each in values:
        name = folded(each.value)
        if name not in _NOBODY | _EVERYBODY and len(each.value) <= _ALIAS_LENGTH_MAX:
            groups.setdefault(name, []).append(each)
    taken = set(groups) | _RESERVED
    tenants = []
    for name, group in groups.items():
        key = _key_of(name, taken)
        taken.add(key)
        cost = sum((each.cost for each in group), start=Decimal(0))
        tenants.append(_Tenant(key, tuple(each.value for each in group), cost))
    return sorted(tenants, key=lambda tenant: (-tenant.cost, tenant.key))


def _key_of(name: str, taken: set[str]) -> str:
    """The value itself where it may be a key, else its letters, else a digest of it."""
    decomposed = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9._-]+", "-", decomposed).strip("-._")[:_KEY_LENGTH_MAX]
    if slug == name and slug not in _RESERVED:
        return slug
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    if not slug or len(slug) * 2 < len(name):
        slug = f"tenant-{digest}"
    return slug if slug not in taken else f"{slug}-{digest}"


def _rest(guess: Guess) -> Iterator[str]:
    yield from _rules(guess)
    yield from _pools(guess.pools)
    yield ""
    yield "# Accounts that are one tenant's alone, after labels and pools:"
    yield '# defaults: {accounts: {"123456789012": acme}}'
    yield ""


def _rules(guess: Guess) -> Iterator[str]:
    if guess.best is None:
        return
    everybody = [each.value for each in guess.values if folded(each.value) in _EVERYBODY]
    if not everybody:
        return
    yield ""
    yield "# Before labels: values that name no tenant."
    yield "rules:"
    when = f"{_quoted(guess.best.use.key)}: [{', '.join(map(_quoted, everybody))}]"
    yield "  - name: shared-by-all"
    yield f"    when: {{tags: {{{when}}}}}"
    yield "    assign: {overhead: shared}"


def _pools(pools: Sequence[FoundPool]) -> Iterator[str]:
    if not pools:
        return
    yield ""
    yield "# After labels: what serves every tenant. The next driver is the fallback of the first;"
    yield "# a measured signal (--signals) is fairer than a share of direct cost."
    yield "pools:"
    for pool in pools:
        signal, drivers, grain = _DRIVERS[pool.service.pool]
        yield f"  - name: {pool.service.pool}  # {pool.cost:,.2f} without a tenant"
        yield f"    when: {{{', '.join(_selected(pool))}}}"
        yield f"    drivers: {drivers}"
        if signal:
            yield f"    # with signals: [{{signal: {signal}}}, {{proportional: direct}}]"
        yield f"    per: {grain}"


def _selected(pool: FoundPool) -> Iterator[str]:
    patterns = {
        "usage_type": pool.service.usage_types,
        "service": pool.service.services,
        "charge_category": pool.service.charge_categories,
    }
    for name, listed in patterns.items():
        if listed:
            yield f"{name}: [{', '.join(map(_quoted, listed))}]"


def _as_alias(value: str) -> str:
    """A value with signs of patterns, as a pattern that matches nothing but itself."""
    return re.sub(r"([*?[])", r"[\1]", value)


def _quoted(text: str) -> str:
    dumped = yaml.safe_dump(text, allow_unicode=True, default_style='"', width=1_000_000)
    return dumped.strip()
