"""By what the month of an account is priced for good, whatever becomes of contract and plan.

docs/reference/true-up.md, "Accounts".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from services.invoicing.domain.price_steps import Grant, LineKey
from services.invoicing.domain.pricing import ContractTerms, PricedLine, price
from services.invoicing.domain.tax import TaxTerms
from services.invoicing.domain.true_up_terms import TrueUpTerms
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.line_kinds import FIXED_KINDS

Costs = Mapping[str, Mapping[str, Decimal]]


@dataclass(frozen=True)
class AccountTerms:
    """`prices` has contract days, tenants and components; `plan` and its version are for people.

    `true_up` is how what comes later is charged or given back; `grants` are the ids of those that
    were valid then, in the order in which they are drawn. `tax` is None where none is ours.
    """

    plan: str
    plan_version: int
    prices: ContractTerms
    true_up: TrueUpTerms
    grants: Sequence[str] = ()
    tax: TaxTerms | None = None


@dataclass(frozen=True)
class Target:
    """What a month's cost asks for in cost-derived lines, each above 0, in minor units.

    `below_zero_minor` (<= 0) is what of credits found no line; `exact` is before rounding, and
    `drawn_minor` what each grant has lowered it by.
    """

    lines: Mapping[LineKey, int]
    below_zero_minor: int
    exact: Decimal
    drawn_minor: Mapping[str, int] = field(default_factory=dict)

    @property
    def minor(self) -> int:
        return sum(self.lines.values()) + self.below_zero_minor


def target_of(
    terms: AccountTerms, month: Month, costs: Costs, grants: Sequence[Grant] = ()
) -> Target:
    """`costs` is tenant -> charge group -> exact cost; of other tenants than the terms' is left."""
    whole = price(terms.prices, month, costs, grants)
    lines = [line for line in whole.lines if is_cost_derived(line.kind)]
    below_zero = Money.from_minor(whole.below_zero_minor, terms.prices.currency).amount
    return Target(
        lines={_key(line): line.minor for line in lines},
        below_zero_minor=whole.below_zero_minor,
        exact=sum((line.exact for line in lines), below_zero),
        drawn_minor=whole.drawn_minor,
    )


def is_cost_derived(kind: str) -> bool:
    return kind not in FIXED_KINDS


def _key(line: PricedLine) -> LineKey:
    return LineKey(
        component=line.component,
        tenant=line.tenant,
        charge_group=line.charge_group,
        start=line.service_start,
        end=line.service_end,
    )
