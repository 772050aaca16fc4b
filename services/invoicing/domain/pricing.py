"""From a tenant's exact cost to priced lines under its contract."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from shared.contracts.invoicing import Basis, FeeDays, Markup
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.names import charge_group_name

_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True)
class PricedLine:
    """`exact` is before, `minor` after the one rounding of the line (half-up, minor units)."""

    description: str
    kind: str
    tenant: str
    exact: Decimal
    minor: int
    cost: Decimal | None
    charge_group: str
    basis: Basis
    service_start: date
    service_end: date
    component: str


@dataclass(frozen=True)
class ContractTerms:
    """`starts_on <= day < ends_on`."""

    tenants: Sequence[str]
    starts_on: date
    ends_on: date | None
    currency: str
    components: Sequence[Mapping[str, Any]]
    tenant_names: Mapping[str, str] = field(default_factory=dict)

    def days_within(self, month: Month) -> tuple[date, date]:
        """The part of the month that is under contract, half-open; empty where start >= end."""
        start = max(self.starts_on, month.start.date())
        end = min(self.ends_on or month.end.date(), month.end.date())
        return start, end


def price(
    terms: ContractTerms, month: Month, costs: Mapping[str, Mapping[str, Decimal]]
) -> list[PricedLine]:
    """Lines in the order of the plan's components, tenants and charge groups.

    `costs` is tenant -> charge group -> exact cost in the contract's currency.
    """
    start, end = terms.days_within(month)
    if start >= end:
        return []
    lines: list[PricedLine] = []
    for component in terms.components:
        if component["kind"] == "cost_plus":
            lines += _cost_plus(component, terms, costs, start, end)
        elif component["kind"] == "flat_fee" and component.get("every") == "year":
            lines += _yearly_fee(component, terms, month)
        elif component["kind"] == "flat_fee":
            whole = month.start.date(), month.end.date()
            lines.append(_flat_fee(component, terms, whole, (start, end)))
        else:
            raise ValueError(f"{component['kind']!r} is no price component")
    return lines


def covers_whole_month(terms: ContractTerms, month: Month) -> bool:
    return terms.days_within(month) == (month.start.date(), month.end.date())


def _cost_plus(
    component: Mapping[str, Any],
    terms: ContractTerms,
    costs: Mapping[str, Mapping[str, Decimal]],
    start: date,
    end: date,
) -> list[PricedLine]:
    percent = Decimal(f"{Decimal(str(component['percent'])).normalize():f}")
    lines = []
    for tenant in terms.tenants:
        for charge_group, cost in sorted(costs.get(tenant, {}).items()):
            exact = cost * (_HUNDRED + percent) / _HUNDRED
            if exact == 0:
                continue
            lines.append(
                PricedLine(
                    description=_description(component["name"], charge_group, tenant, terms),
                    kind="cost_plus",
                    tenant=tenant,
                    exact=exact,
                    minor=Money(exact, terms.currency).to_minor(),
                    cost=cost,
                    charge_group=charge_group,
                    basis=Markup(percent),
                    service_start=start,
                    service_end=end,
                    component=component["name"],
                )
            )
    return lines


def _yearly_fee(
    component: Mapping[str, Any], terms: ContractTerms, month: Month
) -> Iterator[PricedLine]:
    """Of the year that begins in this month, if one does; by the day where the contract ends in it.

    The 29th of February is the 28th in other years.
    """
    begins, ends = (_anniversary(terms.starts_on, month.year + years) for years in (0, 1))
    within, until = terms.days_within(month)
    if within <= begins < until:
        covered = begins, min(terms.ends_on or ends, ends)
        yield _flat_fee(component, terms, (begins, ends), covered)


def _anniversary(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def _flat_fee(
    component: Mapping[str, Any],
    terms: ContractTerms,
    whole: tuple[date, date],
    covered: tuple[date, date],
) -> PricedLine:
    """The fee of a `whole` time, by the day where the contract covers part of it."""
    days, days_in_all = ((end - start).days for start, end in (covered, whole))
    exact = Decimal(str(component["amount"])) * days / days_in_all
    every = component.get("every") or "month"
    return PricedLine(
        description=component["name"],
        kind="flat_fee",
        tenant=terms.tenants[0],
        exact=exact,
        minor=Money(exact, terms.currency).to_minor(),
        cost=None,
        charge_group="",
        basis=FeeDays(every, days, days_in_all),
        service_start=covered[0],
        service_end=covered[1],
        component=component["name"],
    )


def _description(name: str, charge_group: str, tenant: str, terms: ContractTerms) -> str:
    whose = f" ({terms.tenant_names.get(tenant, tenant)})" if len(terms.tenants) > 1 else ""
    return f"{name}: {charge_group_name(charge_group)}{whose}"
