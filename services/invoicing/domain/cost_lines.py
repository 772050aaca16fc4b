"""The lines of a component before they are rounded, in the currency of the cost: step 1.

docs/reference/true-up.md, "The price".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from services.invoicing.domain.contract_terms import Component, ContractTerms, Days
from services.invoicing.domain.price_steps import (
    ExactLine,
    LineKey,
    Step,
    by_volume,
    graduated,
    marked_up,
    raised_to,
    to_quantum,
)
from shared.contracts.bases import Adjustment, Markup, Tiers, TierStep
from shared.exact import exact_sum, shortened
from shared.vocabulary.line_kinds import LineKind
from shared.vocabulary.names import charge_group_name
from shared.vocabulary.price_changes import PriceChange

Costs = Mapping[str, Mapping[str, Decimal]]
_TIERS: Final = {LineKind.GRADUATED: graduated, LineKind.VOLUME: by_volume}


@dataclass(frozen=True)
class CostLine:
    """`cost` is what the line is derived from, and `basis` how; `adjustments` are of the floor."""

    exact: ExactLine
    kind: str
    description: str
    cost: Decimal
    basis: Markup | Tiers
    adjustments: Sequence[Adjustment] = ()


def cost_lines(
    name: str, component: Component, terms: ContractTerms, costs: Costs, days: Days
) -> list[CostLine]:
    """None of a component that is not derived from cost, or of no cost.

    Raises ValueError for one that nobody knows.

    `name` is the component's own among those of its plan.
    """
    if component["kind"] == LineKind.COST_PLUS:
        return _floored(component, list(_marked_up(name, component, terms, costs, days)), days)
    if component["kind"] in _TIERS:
        return _tiers(name, component, terms, costs, days)
    if component["kind"] not in frozenset(LineKind):
        raise ValueError(f"{component['kind']!r} is no price component")
    return []


def _marked_up(
    name: str, component: Component, terms: ContractTerms, costs: Costs, days: Days
) -> list[CostLine]:
    groups = component.get("groups", {})
    lines = []
    for tenant in terms.tenants:
        for charge_group, cost in sorted(costs.get(tenant, {}).items()):
            percent = shortened(Decimal(str(groups.get(charge_group, component["percent"]))))
            amount = marked_up(cost, percent)
            if amount == 0:
                continue
            lines.append(
                CostLine(
                    exact=ExactLine(
                        LineKey(name, tenant, charge_group, days.start, days.end), amount
                    ),
                    kind=LineKind.COST_PLUS,
                    description=line_description(component["name"], charge_group, tenant, terms),
                    cost=cost,
                    basis=Markup(percent),
                )
            )
    return lines


def _floored(component: Component, lines: list[CostLine], days: Days) -> list[CostLine]:
    if component.get("floor") is None:
        return lines
    floor = Fraction(Decimal(str(component["floor"]))) * days.share
    raised = raised_to([line.exact for line in lines], floor)
    by = [Adjustment(PriceChange.FLOOR, to_quantum(floor))]
    return [
        line if exact == line.exact else replace(line, exact=exact, adjustments=by)
        for line, exact in zip(lines, raised, strict=True)
    ]


def _tiers(
    name: str, component: Component, terms: ContractTerms, costs: Costs, days: Days
) -> list[CostLine]:
    """One line on the whole cost of the contract."""
    whole = exact_sum(cost for tenant in terms.tenants for cost in costs.get(tenant, {}).values())
    steps = [
        Step(
            None if step.get("to") is None else Fraction(Decimal(str(step["to"]))) * days.share,
            Decimal(str(step["percent"])),
        )
        for step in component["steps"]
    ]
    amount = _TIERS[component["kind"]](whole, steps)
    if amount == 0:
        return []
    return [
        CostLine(
            exact=ExactLine(LineKey(name, terms.tenants[0], "", days.start, days.end), amount),
            kind=component["kind"],
            description=component["name"],
            cost=whole,
            basis=Tiers(
                kind=component["kind"],
                steps=[
                    TierStep(
                        None if step.to is None else shortened(to_quantum(Fraction(step.to))),
                        shortened(step.percent),
                    )
                    for step in steps
                ],
            ),
        )
    ]


def key_description(key: LineKey, terms: ContractTerms) -> str:
    """What the line is called; one on the whole cost is called by its component alone."""
    if not key.charge_group:
        return key.component
    return line_description(key.component, key.charge_group, key.tenant, terms)


def line_description(name: str, charge_group: str, tenant: str, terms: ContractTerms) -> str:
    whose = f" ({terms.tenant_names.get(tenant, tenant)})" if len(terms.tenants) > 1 else ""
    return f"{name}: {charge_group_name(charge_group)}{whose}"
