"""Why an amount of a tenant is what it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from services.portal.domain.explanation import Why
from services.portal.pages.page import Page, TenantName
from shared.money import Money
from shared.periods import Month


@dataclass(frozen=True, kw_only=True)
class WhyPage(Page):
    """`computed`: the job of `question_id` is at it. `unknown`: `problem` says why.

    `group` is a charge group, empty for all; `whys` are largest first.
    """

    template: ClassVar[str] = "portal/operator/why.html"

    period: Month
    tenant: TenantName
    group: str
    state: Literal["known", "computed", "unknown"]
    question_id: str = ""
    problem: str = ""
    amount: Money | None = None
    cost_measure: str = ""
    run_id: str = ""
    ruleset: str = ""
    whys: Sequence[Why] = ()
