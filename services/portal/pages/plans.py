"""What a tenant's month would earn under each plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from services.portal.pages.page import Page, TenantName
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.period_states import PeriodState


@dataclass(frozen=True)
class PlanRow:
    """`change` is in revenue, against the plan in force; None where there is none."""

    key: str
    name: str
    terms: Sequence[str]
    is_current: bool
    revenue: Money
    margin: Money
    margin_ratio: Decimal | None
    change: Money | None


@dataclass(frozen=True)
class Suggestion:
    """The cheapest plan that covers the cost, and how `trueback.yaml` says so."""

    plan: str
    name: str
    customer: str
    old_plan: str
    starts_on: date


@dataclass(frozen=True, kw_only=True)
class PlansPage(Page):
    """`rows` is None where nobody can price them now, and `problem` says why.

    There is a suggestion only where today's plan loses money and another covers the cost, in a
    month that is over.
    """

    template: ClassVar[str] = "portal/operator/plans.html"

    tenant: TenantName
    period: Month
    period_state: PeriodState
    currency: str
    cost: Money
    rows: Sequence[PlanRow] | None
    problem: str
    suggestion: Suggestion | None
