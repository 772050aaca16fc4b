"""What one key alone can't show: names used twice, and names that nothing defines."""

from collections.abc import Iterable, Iterator

from shared.configuration.commercial_checks import check_commercial
from shared.configuration.models import Configuration
from shared.configuration.problem import Path, Problem
from shared.vocabulary.recipients import POOL
from shared.vocabulary.tenant_values import folded


def check_references(config: Configuration) -> Iterator[Problem]:
    yield from _names_used_twice(config)
    yield from _aliases_used_twice(config)
    yield from _unknown_tenants(config)
    yield from _unknown_pools_and_plans(config)
    yield from _label_without_tenants(config)
    yield from _commitment_groups(config)
    yield from check_commercial(config)


def _names_used_twice(config: Configuration) -> Iterator[Problem]:
    lists: dict[str, tuple[str, list[str]]] = {
        "rules": ("name", [rule.name for rule in config.rules]),
        "pools": ("name", [pool.name for pool in config.pools]),
        "plans": ("key", [f"{plan.key}, version {plan.version}" for plan in config.plans]),
        "customers": ("key", [customer.key for customer in config.customers]),
    }
    for section, (field, names) in lists.items():
        for index, name in _repeated(names):
            yield Problem(
                (section, index, field),
                f"{name!r} is used twice in `{section}`.",
                "Give one of them another name.",
            )


def _repeated(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield index, name
        seen.add(name)


def _aliases_used_twice(config: Configuration) -> Iterator[Problem]:
    owners: dict[str, tuple[int, str]] = {}
    for index, tenant in enumerate(config.tenants):
        places: list[tuple[Path, str]] = [(("tenants", index, "key"), tenant.key)]
        places += [
            (("tenants", index, "aliases", at), alias) for at, alias in enumerate(tenant.aliases)
        ]
        for path, value in places:
            owner, key = owners.setdefault(folded(value), (index, tenant.key))
            if owner != index:
                yield Problem(
                    path,
                    f"{value!r} already stands for the tenant {key!r}.",
                    "A key or alias belongs to one tenant; case does not tell them apart.",
                )


def _unknown_tenants(config: Configuration) -> Iterator[Problem]:
    known = {tenant.key for tenant in config.tenants}
    for path, key in _tenants_named(config):
        if key not in known:
            yield Problem(
                path,
                f"no tenant has the key {key!r}.",
                "Add it under `tenants`, or correct the key.",
            )


def _tenants_named(config: Configuration) -> Iterator[tuple[Path, str]]:
    for index, rule in enumerate(config.rules):
        if rule.assign.tenant is not None:
            yield ("rules", index, "assign", "tenant"), rule.assign.tenant
    for index, pool in enumerate(config.pools):
        for at, driver in enumerate(pool.drivers):
            for key in driver.consumers:
                if not key.startswith(POOL):
                    yield ("pools", index, "drivers", at, driver.word, key), key
    defaults = {"accounts": config.defaults.accounts, "clusters": config.defaults.clusters}
    for section, keys in defaults.items():
        for name, key in keys.items():
            yield ("defaults", section, name), key
    yield from _tenants_under_contract(config)


def _tenants_under_contract(config: Configuration) -> Iterator[tuple[Path, str]]:
    for index, customer in enumerate(config.customers):
        for at, contract in enumerate(customer.contracts):
            for place, key in enumerate(contract.tenants):
                yield ("customers", index, "contracts", at, "tenants", place), key


def _unknown_pools_and_plans(config: Configuration) -> Iterator[Problem]:
    pools = {pool.name for pool in config.pools}
    for index, pool in enumerate(config.pools):
        for at, driver in enumerate(pool.drivers):
            for key in driver.consumers:
                name = key.removeprefix(POOL)
                if name != key and name not in pools:
                    yield Problem(
                        ("pools", index, "drivers", at, driver.word, key),
                        f"no pool is named {name!r}.",
                        "Add it under `pools`, or correct the name.",
                    )
    for index, rule in enumerate(config.rules):
        if rule.assign.pool is not None and rule.assign.pool not in pools:
            yield Problem(
                ("rules", index, "assign", "pool"),
                f"no pool is named {rule.assign.pool!r}.",
                "Add it under `pools`, or correct the name.",
            )
    plans = {plan.key for plan in config.plans}
    for index, customer in enumerate(config.customers):
        for at, contract in enumerate(customer.contracts):
            if contract.plan not in plans:
                yield Problem(
                    ("customers", index, "contracts", at, "plan"),
                    f"no plan has the key {contract.plan!r}.",
                    "Add it under `plans`, or correct the key.",
                )


def _label_without_tenants(config: Configuration) -> Iterator[Problem]:
    if config.labels and not config.tenant_labels:
        yield Problem(
            ("labels",),
            "the label `tenant` is missing.",
            'Say where a tenant is looked up, such as tenant: ["tag:customer"].',
        )


def _commitment_groups(config: Configuration) -> Iterator[Problem]:
    if config.smoothing_scope == "group" and not config.commitment_groups:
        yield Problem(
            ("commitments", "smoothed"),
            "no `commitment_groups` say which accounts share commitments.",
            'Add them, such as commitment_groups: {sales: ["111111111111", "222222222222"]}.',
        )
    groups: dict[str, str] = {}
    for name, accounts in config.commitment_groups.items():
        for at, account in enumerate(accounts):
            if account in groups:
                yield Problem(
                    ("commitment_groups", name, at),
                    f"the account {account!r} is in the group {groups[account]!r} already.",
                    "An account shares commitments with one group.",
                )
            groups.setdefault(account, name)
