"""Periods, and the close of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from services.portal.domain.period_checks import Check, ShownOverride
from services.portal.pages.page import Page
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.period_states import PeriodState


@dataclass(frozen=True)
class PeriodRow:
    """`bill` and the share are None before the first run."""

    month: Month
    state: PeriodState
    bill: Money | None
    unallocated_ratio: Decimal | None
    closed_by: str
    closed_at: datetime | None
    revised_tenant_count: int
    revised_by: Money | None


@dataclass(frozen=True)
class Revision:
    tenant: str
    name: str
    before: Money
    after: Money
    difference: Money


@dataclass(frozen=True)
class ShownCause:
    """Why the month comes out otherwise; `corrected` is what the bill corrects more, if it does."""

    text: str
    line_count: int
    corrected: Money | None


@dataclass(frozen=True)
class CheckToClose:
    """`reason` is what was typed to close all the same."""

    check: Check
    reason: str


@dataclass(frozen=True)
class EarlierClose:
    """One of several closes of a month; `causes` of a later one, in words."""

    number: int
    closed_by: str
    closed_at: datetime
    causes: Sequence[str]


@dataclass(frozen=True)
class Reclose:
    """A restated month is closed by itself at `due_at`, None: a person does it; or it waits.

    `waits_for` are the labels of the checks that it is not closed without.
    """

    due_at: datetime | None
    waits_for: Sequence[str]


@dataclass(frozen=True)
class KeptRuleset:
    """What a closed month is attributed by, whatever is applied later."""

    version: int
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class ClosePage(Page):
    """`problem`: why the close was refused; `unanswered`: it got no answer, so it may be closed.

    `run_id` is of the run that the checks are of: the form posts it and `reason-<check>` for each
    failed check, and no other run is closed. `may_close_again`: it was restated since. `findings`
    are what was noted of it, quoted: names of trueback.yaml that the month has not, cost that goes
    to nobody. `checks_problem`: the checks' owner doesn't answer, and the page goes on without
    them. `is_closed_there`: attribution has closed it, though its fact may still be on its way.
    `ruleset` is of a closed month alone; `rules_problem`: the current rules were not asked for it.
    `closes` are all of them; `reclose` is of a restated month alone.
    """

    template: ClassVar[str] = "portal/operator/close.html"

    period: Month
    period_state: PeriodState
    periods: Sequence[PeriodRow]
    problem: str
    unanswered: str
    rules_problem: str
    may_close: bool
    may_close_again: bool
    is_attributed: bool
    currency: str
    closed_by: str
    closed_at: datetime | None
    overrides: Sequence[ShownOverride]
    revisions: Sequence[Revision]
    revised_by: Money | None
    revision_causes: Sequence[ShownCause]
    checks: Sequence[CheckToClose]
    findings: Sequence[str]
    run_id: str
    checks_problem: str
    is_closed_there: bool
    ruleset: KeptRuleset | None
    closes: Sequence[EarlierClose]
    reclose: Reclose | None
