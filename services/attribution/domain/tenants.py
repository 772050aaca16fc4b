"""From a value found on a line or a signal to the tenant it stands for.

Values are compared trimmed, in NFC and without regard to case: first as a key, then as an alias,
then by the patterns among the aliases, but for a value that looks like another tenant's key or
alias. A value that two tenants' patterns match is refused: no order of a file may decide who pays.
A value that nobody has, but that looks like one tenant's, can be asked for apart: whoever takes it
says so.
"""

import datetime as dt
import re
from collections import defaultdict
from fnmatch import translate
from functools import cached_property

from shared.configuration.models import Configuration
from shared.faults import BadConfiguration
from shared.vocabulary.tenant_values import as_seen, folded

_PATTERN_SIGNS = frozenset("*?[")


class TenantDirectory:
    def __init__(self, config: Configuration) -> None:
        self._file = config.file
        self._tenants = {tenant.key: tenant for tenant in config.tenants}
        self._found: dict[str, str | None] = {}
        self._looks: dict[str, frozenset[str]] = {}

    def key_of(self, value: str) -> str | None:
        """The tenant a value stands for, active or not; None for a value nobody knows."""
        folded_value = folded(value)
        if folded_value not in self._found:
            exact = self._exact.get(folded_value)
            self._found[folded_value] = exact or self._unlisted(folded_value)
        return self._found[folded_value]

    def keys_seen_in(self, value: str) -> frozenset[str]:
        """The tenants whose values look the same to a reader, who can't tell several apart."""
        if value not in self._looks:
            seen = as_seen(value)
            self._looks[value] = self._seen.get(seen) or self._with_pattern_of(seen)
        return self._looks[value]

    def is_active(self, key: str, day: dt.date) -> bool:
        active = self._tenants[key].active
        return active is None or day in active

    @cached_property
    def _exact(self) -> dict[str, str]:
        """Patterns among the aliases, too, as they are written: `Acme [EU]` may be a name."""
        written = {
            folded(alias): tenant.key
            for tenant in self._tenants.values()
            for alias in tenant.aliases
        }
        return written | {folded(value): key for value, key in self._values}

    @cached_property
    def _seen(self) -> dict[str, frozenset[str]]:
        seen: dict[str, frozenset[str]] = defaultdict(frozenset)
        for value, key in self._values:
            seen[as_seen(value)] |= {key}
        return dict(seen)

    @cached_property
    def _values(self) -> list[tuple[str, str]]:
        """Each key and each alias that is no pattern, with the tenant's key."""
        return [
            (value, tenant.key)
            for tenant in self._tenants.values()
            for value in (tenant.key, *tenant.aliases)
            if value == tenant.key or not _PATTERN_SIGNS & set(value)
        ]

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        return [
            (re.compile(translate(folded(alias))), tenant.key)
            for tenant in self._tenants.values()
            for alias in tenant.aliases
            if _PATTERN_SIGNS & set(alias)
        ]

    def _unlisted(self, folded_value: str) -> str | None:
        """By the patterns, unless the value looks like one that another tenant has listed."""
        alike = self._seen.get(as_seen(folded_value))
        if alike is not None and not self._with_pattern_of(folded_value) <= alike:
            return None
        return self._by_pattern(folded_value)

    def _by_pattern(self, folded_value: str) -> str | None:
        keys = self._with_pattern_of(folded_value)
        if len(keys) > 1:
            raise BadConfiguration(
                f"the value {folded_value!r} matches aliases of {', '.join(sorted(keys))}.",
                file=self._file,
                field="tenants.aliases",
                remedy="Make the patterns narrower, or list the value as an alias of one of them.",
            )
        return next(iter(keys), None)

    def _with_pattern_of(self, folded_value: str) -> frozenset[str]:
        return frozenset(key for pattern, key in self._patterns if pattern.fullmatch(folded_value))
