"""The order of claims: rules, labels, pools, defaults, else unallocated or unmapped.

First match wins and each line is claimed exactly once (design, section 3). A rule names its tenant
outright, so it holds whether or not the tenant is active; a rule's own dates limit it. A label's
value that nobody knows, or whose tenant is not active on that day, claims nothing: the line goes on
to pools and defaults and is `unmapped:<value>` only where these do not take it.
"""

from dataclasses import dataclass
from typing import Literal

from services.attribution.domain.lines import LineKey, matches
from services.attribution.domain.tenants import TenantDirectory
from shared.configuration.models import Assignment, Configuration

Kind = Literal["tenant", "pool", "overhead", "excluded", "unallocated"]

UNALLOCATED = "unallocated"
OVERHEAD = "overhead:"
EXCLUDED = "excluded:"
UNMAPPED = "unmapped:"
UNMETERED = "unmetered:"


@dataclass(frozen=True)
class Claim:
    kind: Kind
    recipient: str
    """The tenant's key, the pool's name, or the pseudo tenant the money is shown under."""
    method: str
    rule: str
    reason: str = ""
    tag_key: str = ""
    tag_value: str = ""
    also_matched: tuple[str, ...] = ()
    """Further pools that would have taken the line."""


class Claims:
    def __init__(self, config: Configuration) -> None:
        self._config = config
        self._directory = TenantDirectory(config.tenants)

    def of(self, line: LineKey) -> Claim:
        return (
            self._by_rule(line)
            or self._by_label(line)
            or self._by_pool(line)
            or self._by_default(line)
            or self._unclaimed(line)
        )

    def _by_rule(self, line: LineKey) -> Claim | None:
        for rule in self._config.rules:
            if matches(rule.when, line):
                return _assigned(rule.assign, rule.name)
        return None

    def _by_label(self, line: LineKey) -> Claim | None:
        if line.label is None:
            return None
        source, value = line.label
        key = self._directory.key_of(value)
        if key is None or not self._directory.is_active(key, line.day):
            return None
        return Claim("tenant", key, "label", source)

    def _by_pool(self, line: LineKey) -> Claim | None:
        names = [
            pool.name
            for pool in self._config.pools
            if pool.when is not None and matches(pool.when, line)
        ]
        if not names:
            return None
        first, *others = names
        return Claim("pool", first, "pool", f"pool:{first}", also_matched=tuple(others))

    def _by_default(self, line: LineKey) -> Claim | None:
        key = self._config.defaults.accounts.get(line.account)
        if key is None or not self._directory.is_active(key, line.day):
            return None
        return Claim("tenant", key, "default", f"account:{line.account}")

    def _unclaimed(self, line: LineKey) -> Claim:
        if line.label is None:
            missing = next(iter(self._config.tenant_labels), "")
            return Claim("unallocated", UNALLOCATED, "none", "", "no-label", tag_key=_bare(missing))
        source, value = line.label
        return Claim(
            "unallocated", UNMAPPED + value, "none", "", "unknown-value", _bare(source), value
        )


def _bare(source: str) -> str:
    """The key without the kind of its source, for tags."""
    return source.removeprefix("tag:")


def _assigned(assign: Assignment, rule: str) -> Claim:
    if assign.tenant is not None:
        return Claim("tenant", assign.tenant, "rule", rule)
    if assign.pool is not None:
        return Claim("pool", assign.pool, "pool", rule)
    if assign.overhead is not None:
        return Claim("overhead", OVERHEAD + assign.overhead, "rule", rule)
    return Claim("excluded", EXCLUDED + str(assign.exclude), "rule", rule)
