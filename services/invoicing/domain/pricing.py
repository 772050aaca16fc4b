"""From a tenant's exact cost to priced lines under its contract."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from services.invoicing.domain.contract_terms import Component, ContractTerms, Days
from services.invoicing.domain.cost_lines import CostLine, Costs, cost_lines
from services.invoicing.domain.fees import fee_of
from services.invoicing.domain.price_steps import (
    CostPrice,
    Grant,
    LineKey,
    Terms,
    in_steps,
    price_of,
    to_quantum,
)
from shared.contracts.bases import Adjusted, Adjustment, Basis, Markup, MinimumRest, Tiers
from shared.money import Money, smallest_charge_step
from shared.periods import Month
from shared.vocabulary.line_kinds import MINIMUM_REST, LineKind, LinelessKind
from shared.vocabulary.price_changes import PriceChange

__all__ = ["ContractTerms", "Price", "PricedLine", "covers_whole_month", "price"]


@dataclass(frozen=True)
class PricedLine:
    """`minor` is `exact` rounded once (half-up, Stripe's step).

    What credits, a discount, a cap or a grant have made of a line is exact as it is. `cost` is in
    the currency of the invoice, by the contract's rate.
    """

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
class Price:
    """`below_zero_minor` (<= 0) is what of credits found no line, `drawn_minor` is by grant."""

    lines: Sequence[PricedLine] = ()
    below_zero_minor: int = 0
    drawn_minor: Mapping[str, int] = field(default_factory=dict)

    @property
    def total_minor(self) -> int:
        return sum(line.minor for line in self.lines)


def price(terms: ContractTerms, month: Month, costs: Costs, grants: Sequence[Grant] = ()) -> Price:
    """Lines in the order of the plan's components, tenants and charge groups; fees as they are.

    `costs` is tenant -> charge group -> exact cost in the bill's currency. It is priced whole, and
    no line of it is below 0: docs/reference/true-up.md, "The price".
    """
    start, end = terms.days_within(month)
    if start >= end:
        return Price()
    days = Days(start, end, Fraction((end - start).days, _days_of(month)))
    of_component = [
        (name, component, cost_lines(name, component, terms, costs, days))
        for name, component in _named(terms.components)
    ]
    whole = _whole_month(terms, days, grants)
    rest = _minimum_key(terms, days)
    priced = price_of((line.exact for _, _, lines in of_component for line in lines), whole, rest)
    lines: list[PricedLine] = []
    for name, component, derived in of_component:
        if component["kind"] == LineKind.FLAT_FEE:
            lines += _fee(name, component, terms, month)
        elif component["kind"] == LineKind.MINIMUM:
            lines += _rest(rest, priced, whole)
        lines += [_priced(one, priced, whole) for one in derived if one.exact.key in priced.lines]
    return Price(lines, priced.below_zero_minor, priced.drawn_minor)


def covers_whole_month(terms: ContractTerms, month: Month) -> bool:
    return terms.days_within(month) == (month.start.date(), month.end.date())


def _days_of(month: Month) -> int:
    return (month.end - month.start).days


def _named(components: Sequence[Component]) -> Iterator[tuple[str, Component]]:
    """Those that make lines. Of several with one name each has its own: a line is known by it."""
    seen: dict[str, int] = {}
    for component in components:
        if component["kind"] in frozenset(LinelessKind):
            continue
        name = component.get("name", MINIMUM_REST)
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} #{seen[name]}", component


def _whole_month(terms: ContractTerms, days: Days, grants: Sequence[Grant]) -> Terms:
    """What holds for the contract's part of the month."""
    discounts = [one for one in terms.components if _is_discount_on(one, days.start)]
    return Terms(
        currency=terms.currency,
        rate=terms.rate,
        percent_discounts=[Decimal(str(one["percent"])) for one in discounts if "percent" in one],
        amount_discounts_minor=[_part(one, terms, days) for one in discounts if "amount" in one],
        cap_minor=_part_of(LinelessKind.CAP, terms, days),
        minimum_minor=_part_of(LineKind.MINIMUM, terms, days),
        grants=grants,
    )


def _is_discount_on(component: Component, first_day: date) -> bool:
    """`from <= first day of the month under the contract < to`."""
    day = first_day.isoformat()
    return (
        component["kind"] == LinelessKind.DISCOUNT
        and str(component.get("from") or day) <= day
        and (component.get("to") is None or day < str(component["to"]))
    )


def _part_of(kind: str, terms: ContractTerms, days: Days) -> int | None:
    of_kind = (one for one in terms.components if one["kind"] == kind)
    return next((_part(one, terms, days) for one in of_kind), None)


def _part(component: Component, terms: ContractTerms, days: Days) -> int:
    """Of a month's amount in minor units, half away from zero to Stripe's step."""
    amount = Fraction(Decimal(str(component["amount"]))) * days.share
    return in_steps(amount, terms.currency) * smallest_charge_step(terms.currency)


def _minimum_key(terms: ContractTerms, days: Days) -> LineKey:
    """Where a contract has no minimum there is no such line."""
    names = (name for name, one in _named(terms.components) if one["kind"] == LineKind.MINIMUM)
    return LineKey(next(names, ""), terms.tenants[0], "", days.start, days.end)


def _priced(line: CostLine, priced: CostPrice, whole: Terms) -> PricedLine:
    adjustments = [
        *line.adjustments,
        *([Adjustment(PriceChange.RATE, whole.rate)] if whole.rate != 1 else []),
        *(Adjustment(PriceChange.PERCENT_OFF, percent) for percent in whole.percent_discounts),
    ]
    return _line(
        line.exact.key,
        priced,
        whole,
        kind=line.kind,
        description=line.description,
        basis=line.basis,
        adjustments=adjustments,
        cost=line.cost
        if whole.rate == 1
        else to_quantum(Fraction(line.cost) * Fraction(whole.rate)),
    )


def _rest(key: LineKey, priced: CostPrice, whole: Terms) -> Iterator[PricedLine]:
    """What the other lines lack to the minimum."""
    if key in priced.lines:
        minimum = Money.from_minor(whole.minimum_minor or 0, whole.currency).amount
        yield _line(
            key,
            priced,
            whole,
            kind=LineKind.MINIMUM,
            description=key.component,
            basis=MinimumRest(minimum),
            adjustments=[],
            cost=None,
        )


def _line(
    key: LineKey,
    priced: CostPrice,
    whole: Terms,
    *,
    kind: str,
    description: str,
    basis: Markup | Tiers | MinimumRest,
    adjustments: Sequence[Adjustment],
    cost: Decimal | None,
) -> PricedLine:
    minor, changes = priced.lines[key], priced.changes.get(key, ())
    amount = Money.from_minor(minor, whole.currency).amount
    by = [
        *adjustments,
        *(
            Adjustment(
                one.code,
                None if one.value is None else Money.from_minor(one.value, whole.currency).amount,
            )
            for one in changes
        ),
    ]
    return PricedLine(
        description=description,
        kind=kind,
        tenant=key.tenant,
        exact=amount if changes else priced.exact.get(key, amount),
        minor=minor,
        cost=cost,
        charge_group=key.charge_group,
        basis=Adjusted(basis, by) if by else basis,
        service_start=key.start,
        service_end=key.end,
        component=key.component,
    )


def _fee(
    name: str, component: Component, terms: ContractTerms, month: Month
) -> Iterator[PricedLine]:
    fee = fee_of(component, terms, month)
    if fee is not None:
        yield PricedLine(
            description=component["name"],
            kind=LineKind.FLAT_FEE,
            tenant=terms.tenants[0],
            exact=fee.exact,
            minor=Money(fee.exact, terms.currency).to_minor(),
            cost=None,
            charge_group="",
            basis=fee.days,
            service_start=fee.start,
            service_end=fee.end,
            component=name,
        )
