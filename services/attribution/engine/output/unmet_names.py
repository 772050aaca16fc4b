"""What the ruleset names and the month has not: patterns, accounts, tenants, rules and pools.

Everything of it leaves the proof at 0, and the money with nobody or with somebody else. Label keys
are held against the bill in `inputs/misspelt_labels.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

from services.attribution.domain.lines import any_matches
from services.attribution.domain.near_names import near_names
from services.attribution.domain.proof import plain
from services.attribution.engine.claims.key_columns import KeyColumns
from shared.columnar import Session
from shared.configuration import principals
from shared.configuration.models import Configuration, Selector
from shared.configuration.selectors import Dates
from shared.findings import Finding
from shared.money import from_quanta
from shared.periods import Month
from shared.sql.expressions import identifier
from shared.sql.scripts import run_script

_FINDINGS_MAX: Final = 20
_NAMES_MAX: Final = 5
_WHOLE: Final = ("account", "service", "region")
"""Selectors all of whose values a run knows; of the others it knows those that are selected."""
_CLOSED: Final = ("charge_category", "commitment")
"""Lists of FOCUS: a month without credits is no fault."""


@dataclass(frozen=True)
class UnmetNames:
    session: Session
    config: Configuration
    keys: KeyColumns
    period: Month

    def findings(self) -> Iterator[Finding]:
        yield from _bounded("rules and pools", self._rules_and_pools())
        yield from _bounded("accounts of `defaults`", self._accounts())
        yield from _bounded("accounts of `commitment_groups`", self._grouped_accounts())
        yield from self._principals()
        yield from self._tenants()

    def _rules_and_pools(self) -> Iterator[Finding]:
        rules = {rule for _, _, rule in self._taken}
        pools = {recipient for kind, recipient, _ in self._taken if kind == "pool"} | self._used
        for rule in self.config.rules:
            yield from self._selection(f"Rule {rule.name}", rule.when, takes=rule.name in rules)
        for pool in self.config.pools:
            yield from self._selection(f"Pool {pool.name}", pool.when, takes=pool.name in pools)

    def _selection(self, who: str, when: Selector | None, *, takes: bool) -> Iterator[Finding]:
        if when is None:
            if not takes:
                yield Finding("took-nothing", f"{who}: no rule and no other pool gave it anything.")
            return
        if not _reaches(when.dates, self.period):
            return
        unmet = list(self._unmet(when))
        if unmet:
            more = "" if len(unmet) <= _NAMES_MAX else f"; and {len(unmet) - _NAMES_MAX} more"
            kind = "unmet-pattern" if takes else "took-nothing"
            nothing = "" if takes else " took nothing"
            yield Finding(kind, f"{who}{nothing}: {'; '.join(unmet[:_NAMES_MAX])}{more}.")
        elif not takes and self._is_of_every_month(when):
            yield Finding(
                "took-nothing",
                f"{who} took nothing: no line has all that its `when` names, or what is asked"
                " before it took those that have.",
            )

    def _unmet(self, when: Selector) -> Iterator[str]:
        """A clause for each pattern that no line has."""
        for name in self.keys.selected:
            if name in _CLOSED:
                continue
            values = self._values(name)
            if name == "service":
                values = [*values, *self._values("service_code")]
            for pattern in getattr(when, name, None) or ():
                if not any_matches((pattern,), values):
                    near = self._near(name, pattern, values) if name in _WHOLE else ""
                    yield f"no line has the {name} `{pattern}`{near}"
        for key, patterns in when.tags.items():
            values = self._values(self.keys.column_of_tag(key))
            for pattern in patterns:
                if not any_matches((pattern,), values):
                    yield f"no line has the tag `{key}` with `{pattern}`"

    def _is_of_every_month(self, when: Selector) -> bool:
        """Credits, tax, or unused commitments may well be on no line of a month."""
        return not any(getattr(when, name) for name in _CLOSED)

    def _accounts(self) -> Iterator[Finding]:
        for account, tenant in self.config.defaults.accounts.items():
            naming = f"`defaults.accounts` gives `{account}` to {tenant}"
            yield from self._absent_account("unmet-default", account, naming)

    def _grouped_accounts(self) -> Iterator[Finding]:
        for group, accounts in self.config.commitment_groups.items():
            for account in accounts:
                naming = f"`commitment_groups` has `{account}` in {group}"
                yield from self._absent_account("unmet-group", account, naming)

    def _absent_account(self, kind: str, account: str, naming: str) -> Iterator[Finding]:
        known = self._values("account")
        if account not in known:
            near = self._near("account", account, known)
            yield Finding(kind, f"{naming}, and no line is of that account{near}.")

    def _principals(self) -> Iterator[Finding]:
        """Patterns of principals that gave no line its tenant, where some have none."""
        asked = {
            at: source
            for at, source in enumerate(self.config.tenant_labels)
            if source.startswith(f"{principals.SOURCE}:")
        }
        if not asked:
            return
        rows = run_script(self.session, __package__, "answered_sources.sql").fetchall()
        answered = {at for (at,) in rows}
        lost = sum(self._unallocated("reason").values())
        for at, source in asked.items():
            if lost and at not in answered:
                money = f"{plain(from_quanta(lost))} {self.config.currency}"
                yield Finding(
                    "absent-label",
                    f"Label tenant: `{source}` fits no line's principal; {money} are unallocated."
                    " CUR 2.0 has it in `line_item_iam_principal`, if the export selects it.",
                )

    def _tenants(self) -> Iterator[Finding]:
        """In one finding: who has nothing may be new, or may be spelt differently."""
        rows = run_script(self.session, __package__, "named_tenants.sql").fetchall()
        named = {tenant for (tenant,) in rows}
        unnamed = [
            tenant.key
            for tenant in self.config.tenants
            if tenant.key not in named and _reaches(tenant.active, self.period)
        ]
        if unnamed:
            yield Finding(
                "unnamed-tenant",
                f"Nothing of the bill and no signal is of {_listed(unnamed)}: no label, rule,"
                " default or pool gave them anything.",
            )

    def _near(self, name: str, pattern: str, values: Sequence[str]) -> str:
        near = near_names(pattern, values)
        if not near:
            return ""
        quanta = sum(self._unallocated(name).get(value, 0) for value in near)
        money = f"{plain(from_quanta(quanta))} {self.config.currency}"
        lost = f", of which {money} are unallocated" if quanta else ""
        return f" (nearest: {_listed(near)}{lost})"

    def _values(self, column: str) -> Sequence[str]:
        """Those of the bill's keys; of one that no key has, none."""
        if column not in self._known:
            names = {"value": identifier(column)}
            rows = run_script(self.session, __package__, "values_of_keys.sql", names).fetchall()
            self._known[column] = [value for (value,) in rows]
        return self._known[column]

    def _unallocated(self, column: str) -> Mapping[str, int]:
        names = {"value": identifier(column)}
        rows = run_script(self.session, __package__, "unallocated_by.sql", names).fetchall()
        return {value: int(quanta) for value, quanta in rows}

    @cached_property
    def _known(self) -> dict[str, Sequence[str]]:
        return {}

    @cached_property
    def _taken(self) -> Sequence[tuple[str, str, str]]:
        return run_script(self.session, __package__, "taken_by.sql").fetchall()

    @cached_property
    def _used(self) -> set[str]:
        return {
            used for (used,) in run_script(self.session, __package__, "used_pools.sql").fetchall()
        }


def _reaches(dates: Dates | None, period: Month) -> bool:
    """Whether some day of the period is among them."""
    if dates is None:
        return True
    starts_before = dates.from_ is None or dates.from_ < period.end.date()
    return starts_before and (dates.to is None or period.start.date() < dates.to)


def _listed(names: Sequence[str]) -> str:
    more = "" if len(names) <= _NAMES_MAX else f" and {len(names) - _NAMES_MAX} more"
    return ", ".join(f"`{name}`" for name in names[:_NAMES_MAX]) + more


def _bounded(what: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    yield from islice(findings, _FINDINGS_MAX)
    more = sum(1 for _ in findings)
    if more:
        yield Finding("more", f"{more} more {what} name what the month has not.")
