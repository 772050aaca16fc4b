from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from services.portal.domain.period_checks import check_label
from services.portal.domain.revision_causes import Cause, cause_in_words
from services.portal.gateways import attribution
from services.portal.gateways.attribution import (
    Close,
    NoAnswer,
    RulesetOfPeriod,
    UnableToClose,
    UnableToRead,
    UnableToReattribute,
)
from services.portal.models import PeriodSummary
from services.portal.operations.record_facts import keep_close
from services.portal.pages.close import (
    CheckToClose,
    ClosePage,
    EarlierClose,
    KeptRuleset,
    Reclose,
    ShownCause,
)
from services.portal.queries.calendar import read_calendar
from services.portal.queries.overview import next_close
from services.portal.queries.period_page import read_period, read_periods
from services.portal.views.access import actor_of, for_roles
from services.portal.views.asked import asked_period
from services.portal.views.show import see_other, show
from shared.audit.declared import READ, NotAudited
from shared.faults import Fault
from shared.money import Money
from shared.periods import Month
from shared.runtime.business_time import business_now
from shared.vocabulary.period_states import PeriodState
from shared.vocabulary.roles import ADMINISTRATORS, OPERATORS

_OWNERS: Final = NotAudited("the period's owner writes it down, with where it was asked from")
_CONFLICT: Final = 409
_REASON: Final = "reason-"
_REASON_CHARACTERS_MAX: Final = 500


@for_roles(*OPERATORS, audit=READ)
@require_safe
def close(request: HttpRequest) -> HttpResponse:
    """The month asked for, else the one to close next once it is over, else the newest."""
    calendar, month = asked_period(request)
    waiting = next_close(calendar)
    is_over = waiting is not None and calendar.state_of(waiting.month) != PeriodState.OPEN
    if not request.GET.get("period") and waiting is not None and is_over:
        month = waiting.month
    return _close_page(request, month)


@for_roles(*ADMINISTRATORS, audit=_OWNERS)
@require_POST
def close_period(request: HttpRequest, period: str) -> HttpResponse:
    """Done: the answer is kept at once, so that the page that follows already shows it."""
    month = _known(period)
    reasons = {
        name.removeprefix(_REASON): text.strip()
        for name, text in request.POST.items()
        if name.startswith(_REASON) and isinstance(text, str) and text.strip()
    }
    try:
        standing = attribution.close(
            period=period,
            run_id=request.POST.get("run_id", ""),
            reasons=reasons,
            actor=actor_of(request),
            now=datetime.now(UTC),
        )
    except NoAnswer as fault:
        return _close_page(request, month, unanswered=str(fault), reasons=reasons)
    except UnableToClose as refused:
        return _close_page(request, month, problem=str(refused), reasons=reasons)
    if standing.closed_at is not None:
        keep_close(
            period=period,
            version=standing.version,
            closed_by=standing.closed_by,
            closed_at=standing.closed_at,
            overrides=standing.overrides,
            run_version=standing.closed_run_version,
        )
    return see_other(f"{reverse('portal:close')}?period={period}")


@for_roles(*ADMINISTRATORS, audit=_OWNERS)
@require_POST
def reattribute_period(request: HttpRequest, period: str) -> HttpResponse:
    """Asked for: the page of the changes shows what would move, for a second person."""
    month = _known(period)
    reason = request.POST.get("reason", "").strip()[:_REASON_CHARACTERS_MAX]
    try:
        attribution.reattribute(
            period=period, reason=reason, actor=actor_of(request), now=datetime.now(UTC)
        )
    except UnableToReattribute as refused:
        return _close_page(request, month, rules_problem=str(refused))
    return see_other(reverse("portal:changes"))


def _known(period: str) -> Month:
    try:
        month = Month.parse(period)
    except Fault as error:
        raise Http404(str(error)) from error
    if not PeriodSummary.objects.filter(period=period).exists():
        raise Http404
    return month


def _close_page(
    request: HttpRequest,
    month: Month,
    *,
    problem: str = "",
    unanswered: str = "",
    rules_problem: str = "",
    reasons: Mapping[str, str] | None = None,
) -> HttpResponse:
    calendar = read_calendar(business_now())
    may_close = actor_of(request).role in ADMINISTRATORS
    state = calendar.state_of(month)
    page = ClosePage(
        period=month,
        period_state=state,
        periods=read_periods(calendar),
        problem=problem,
        unanswered=unanswered,
        rules_problem=rules_problem,
        may_close=may_close,
        may_close_again=may_close and state == PeriodState.REOPENED,
        **vars(read_period(month)),
        **vars(_checks(request, month, reasons or {})),
    )
    return show(request, page, status=_CONFLICT if problem or unanswered or rules_problem else 200)


@dataclass(frozen=True)
class _Checks:
    """As their owner sees them now; `checks_problem` says why they are not known."""

    checks: list[CheckToClose]
    findings: list[str]
    revision_causes: list[ShownCause]
    run_id: str
    checks_problem: str
    is_closed_there: bool
    ruleset: KeptRuleset | None = None
    closes: Sequence[EarlierClose] = ()
    reclose: Reclose | None = None


def _checks(request: HttpRequest, month: Month, reasons: Mapping[str, str]) -> _Checks:
    now = datetime.now(UTC)
    try:
        standing = attribution.read_standing(period=str(month), actor=actor_of(request), now=now)
    except UnableToRead as fault:
        return _Checks([], [], [], run_id="", checks_problem=str(fault), is_closed_there=False)
    checks = standing.checks if standing else []
    return _Checks(
        checks=[CheckToClose(check, reasons.get(check.name, "")) for check in checks],
        findings=standing.findings if standing else [],
        revision_causes=[*map(_shown_cause, standing.revision_causes)] if standing else [],
        run_id=standing.run_id if standing else "",
        checks_problem="",
        is_closed_there=standing is not None and standing.closed_at is not None,
        ruleset=_kept_ruleset(standing.ruleset) if standing else None,
        closes=[*map(_shown_close, standing.closes)] if standing else [],
        reclose=_shown_reclose(standing.reclose) if standing else None,
    )


def _shown_reclose(reclose: attribution.Reclose | None) -> Reclose | None:
    if reclose is None:
        return None
    return Reclose(reclose.due_at, [check_label(name) for name in reclose.waits_for])


def _shown_close(close: Close) -> EarlierClose:
    causes = [cause_in_words(cause) for cause in close.causes]
    return EarlierClose(close.number, close.closed_by, close.closed_at, causes)


def _kept_ruleset(ruleset: RulesetOfPeriod | None) -> KeptRuleset | None:
    """Of a month that was closed; before, it goes by what is in force, as every other."""
    if ruleset is None or not ruleset.is_kept:
        return None
    return KeptRuleset(ruleset.version, ruleset.is_current)


def _shown_cause(cause: Cause) -> ShownCause:
    corrected = Money(cause.billed, cause.currency) if cause.line_count or cause.billed else None
    return ShownCause(cause_in_words(cause), cause.line_count, corrected)
