"""A `trueback.yaml` to start from: what was guessed of a bill, marked as such, with the reasons."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import yaml

from services.attribution.domain.near_tenants import bare_name, slip_of
from services.attribution.ruleset_guess.account_names import Account, AccountTenant
from services.attribution.ruleset_guess.guess import FoundPool, Guess
from services.attribution.ruleset_guess.label_ranking import Ranked
from services.attribution.ruleset_guess.labels import TenantValue
from services.attribution.ruleset_guess.tenant_names import (
    GuessedTenant,
    is_everybodys,
    key_of,
    tenants_of_values,
)
from shared.characters import shown
from shared.vocabulary.tenant_values import folded

_OTHERS_SHOWN: Final = 3
_ACCOUNTS_SHOWN: Final = 50
_DRIVERS: Final = {
    "nat": ("nat_bytes", "[{proportional: direct}, {even: true}]", "hour"),
    "load-balancers": ("requests", "[{proportional: direct}, {even: true}]", "hour"),
    "clusters": ("", "[{proportional: direct}, {even: true}]", "day"),
    "monitoring": ("series", "[{proportional: direct}, {even: true}]", "day"),
    "support": ("", "[{proportional: direct}, {even: true}]", "period"),
    "tax": ("", "[{proportional: direct}, {even: true}]", "period"),
    "credits": ("", "[{proportional: direct}, {even: true}]", "period"),
}


def starter_text(guess: Guess, *, period: str) -> str:
    parts = _by_account(guess) if guess.takes_accounts else _by_label(guess)
    return "\n".join([*_head(guess, period), *parts, ""])


def _head(guess: Guess, period: str) -> Iterator[str]:
    yield f"# Guessed from the bill of {period} by `trueback attribute`. Read it and make it yours:"
    yield "# from now on give it as --config. What is marked `guess` was guessed: delete the"
    yield f"# mark where it is right. Amounts in comments are that month's {guess.measure}."
    yield "version: 1"
    yield f"currency: {_quoted(guess.currency)}"
    if guess.measure == "EffectiveCost":
        yield "cost: EffectiveCost  # amortised; BilledCost is what was charged in the month"
    else:
        yield "cost: BilledCost  # guess: no line has an EffectiveCost, which is amortised"
    yield ""


def _by_label(guess: Guess) -> Iterator[str]:
    tenants = tenants_of_values(guess.values)
    yield from _tenants_of_label(tenants)
    yield ""
    yield from _labels(guess)
    yield from _rules(guess.values)
    yield from _pools(guess.pools, ())
    yield ""
    yield from _accounts_to_fill_in(guess, tenants)


def _tenants_of_label(tenants: Sequence[GuessedTenant]) -> Iterator[str]:
    if not tenants:
        yield "# Nothing on the bill says who your tenants are. List them, such as"
        yield '#   - {key: acme, name: "Acme Corp", aliases: [acme-corp]}'
        yield "tenants: []"
        return
    yield "# By cost. A tenant's other spellings, as the bill has them, are its `aliases`."
    yield "tenants:"
    keys = [tenant.key for tenant in tenants]
    for at, tenant in enumerate(tenants):
        aliases = [_as_alias(each) for each in tenant.aliases]
        listed = f", aliases: [{', '.join(map(_quoted, aliases))}]" if aliases else ""
        one = "; guess: these names are one tenant's" if tenant.aliases else ""
        near = slip_of(tenant.key, keys[:at])
        note = f"; looks like {near}: the same?" if near else ""
        yield f"  - {{key: {_quoted(tenant.key)}{listed}}}  # {tenant.cost:,.2f}{one}{note}"


def _labels(guess: Guess) -> Iterator[str]:
    label = guess.label
    if label is None:
        yield "# guess: none. " + _why_no_label(guess)
    else:
        yield f"# guess ({label.certainty}): {', '.join(label.reasons)}."
        yield "# The first tag that a line has counts."
    for other in guess.others[:_OTHERS_SHOWN]:
        yield f"#   also on the bill: {_sources(other)}, {', '.join(other.reasons)}"
    if label is None:
        yield '# labels: {tenant: ["tag:customer"]}'
    else:
        yield "labels:"
        yield f"  tenant: [{_sources(label)}]"


def _why_no_label(guess: Guess) -> str:
    if not guess.labels:
        return (
            "No line has a tag: activate the tag that names the tenant as a cost allocation tag, "
            "and put its key here."
        )
    return "No tag names tenants on enough of the cost. Put the key of the one that should here."


def _by_account(guess: Guess) -> Iterator[str]:
    accounts = guess.accounts
    keys = _keys_of(accounts.tenants)
    yield "# guess: accounts are tenants, by the names that the bill has for them (without words"
    yield "# for environments); accounts with one name are one tenant's. By cost."
    yield "tenants:"
    for key, tenant in keys.items():
        name = f", name: {_quoted(tenant.name)}"
        yield f"  - {{key: {_quoted(key)}{name}}}  # {tenant.cost:,.2f}"
    yield ""
    yield "# A tag that names the tenant is surer than an account, and would come first."
    yield from _labels(guess)
    yield from _pools(guess.pools, accounts.others)
    yield ""
    yield "# After pools: what is left of an account is its tenant's."
    yield "defaults:"
    yield "  accounts:"
    for key, tenant in keys.items():
        for account in tenant.accounts:
            of_bill = f"{_quoted(account.name)}, {account.cost:,.2f}"
            yield f"    {_quoted(account.id)}: {_quoted(key)}  # guess: {of_bill}"
    yield from _left_out(accounts.others)


def _keys_of(tenants: Sequence[AccountTenant]) -> Mapping[str, AccountTenant]:
    keys: dict[str, AccountTenant] = {}
    for tenant in tenants:
        keys[key_of("-".join(folded(tenant.name).split()), set(keys))] = tenant
    return keys


def _left_out(accounts: Sequence[Account]) -> Iterator[str]:
    for account in accounts[:_ACCOUNTS_SHOWN]:
        why = "pays for the others" if account.pays else "serves all, or nobody's name"
        name = f" {_quoted(account.name)}" if account.name else ""
        yield f"    # left out: {_quoted(account.id)}{name}, {account.cost:,.2f}, {why}"
    if len(accounts) > _ACCOUNTS_SHOWN:
        yield f"    # left out: {len(accounts) - _ACCOUNTS_SHOWN} more"


def _accounts_to_fill_in(guess: Guess, tenants: Sequence[GuessedTenant]) -> Iterator[str]:
    """Commented out: those with a tenant's name, or all where nothing else is there."""
    by_name = {bare_name(each): tenant.key for tenant in tenants for each in _spellings(tenant)}
    named = [
        (account, by_name[bare_name(each.name)])
        for each in guess.accounts.tenants
        for account in each.accounts
        if bare_name(each.name) in by_name
    ]
    yield "# Accounts that are one tenant's alone, after labels and pools:"
    if named:
        yield "# defaults:"
        yield "#   accounts:"
        for account, key in named[:_ACCOUNTS_SHOWN]:
            yield f"#     {_quoted(account.id)}: {_quoted(key)}  # named {_quoted(account.name)}"
        return
    yield '# defaults: {accounts: {"123456789012": acme}}'
    if tenants:
        return
    every = [each for tenant in guess.accounts.tenants for each in tenant.accounts]
    for account in [*every, *guess.accounts.others][:_ACCOUNTS_SHOWN]:
        name = f" {_quoted(account.name)}" if account.name else ""
        yield f"#   on the bill: {_quoted(account.id)}{name}, {account.cost:,.2f}"


def _spellings(tenant: GuessedTenant) -> tuple[str, ...]:
    return (tenant.key, *tenant.aliases)


def _rules(values: Sequence[TenantValue]) -> Iterator[str]:
    by_key: dict[str, list[str]] = {}
    for each in values:
        if is_everybodys(each.value):
            by_key.setdefault(each.key, []).append(each.value)
    if not by_key:
        return
    yield ""
    yield "# Before labels. guess: these values name no tenant."
    yield "rules:"
    for at, (key, everybody) in enumerate(by_key.items(), start=1):
        number = f"-{at}" if at > 1 else ""
        listed = ", ".join(map(_quoted, everybody))
        yield f"  - name: shared-by-all{number}"
        yield f"    when: {{tags: {{{_quoted(key)}: [{listed}]}}}}"
        yield "    assign: {overhead: shared}"


def _pools(pools: Sequence[FoundPool], shared: Sequence[Account]) -> Iterator[str]:
    """Of shared accounts alone, where there are any: what a tenant's own account has is its own."""
    if not pools:
        return
    yield ""
    yield "# After labels. guess: this serves every tenant. The next driver is the fallback of the"
    yield "# first; a measured signal (--signals) is fairer than a share of direct cost."
    yield "pools:"
    for pool in pools:
        signal, drivers, grain = _DRIVERS[pool.service.pool]
        yield f"  - name: {pool.service.pool}  # {pool.cost:,.2f} without a tenant"
        yield f"    when: {{{', '.join(_selected(pool, shared))}}}"
        yield f"    drivers: {drivers}"
        if signal:
            yield f"    # with signals: [{{signal: {signal}}}, {{proportional: direct}}]"
        yield f"    per: {grain}"


def _selected(pool: FoundPool, shared: Sequence[Account]) -> Iterator[str]:
    patterns = {
        "account": tuple(account.id for account in shared),
        "usage_type": pool.service.usage_types,
        "service": pool.service.services,
        "charge_category": pool.service.charge_categories,
    }
    for name, listed in patterns.items():
        if listed:
            yield f"{name}: [{', '.join(map(_quoted, listed))}]"


def _sources(label: Ranked) -> str:
    return ", ".join(_quoted(f"tag:{key}") for key in label.use.keys)


def _as_alias(value: str) -> str:
    """A value with signs of patterns, as a pattern that matches nothing but itself."""
    return re.sub(r"([*?[])", r"[\1]", value)


def _quoted(text: str) -> str:
    """In double quotes, in which YAML has the escapes by which what can't be seen is shown."""
    dumped = yaml.safe_dump(text, allow_unicode=True, default_style='"', width=1_000_000)
    return shown(dumped.strip())
