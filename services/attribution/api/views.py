from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django.http import Http404
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from services.attribution.api.answers import (
    CurrentRuleset,
    PeriodList,
    PeriodStanding,
    RulesetInForce,
    TenantStatement,
)
from services.attribution.domain.close_checks import CheckResult
from services.attribution.domain.revision_causes import Cause
from services.attribution.models import (
    Period,
    Ruleset,
    RulesetApplication,
    Run,
    Statement,
)
from services.attribution.models import PeriodClose as KeptClose
from services.attribution.operations.change_ruleset import RULESET
from services.attribution.operations.close_period import UnableToClose, close_period
from services.attribution.operations.reattribute_period import (
    PERIOD_RULESET,
    UnableToReattribute,
    reattribution,
)
from services.attribution.queries.period_checks import overrides_of, period_checks
from services.attribution.queries.reclosing import reclosing_of
from services.attribution.queries.revision_causes import causes_of
from services.attribution.queries.run_inputs import ruleset_of_period
from shared.audit.declared import READ, Audited
from shared.auth.api import ScopedView
from shared.proposals.api import FileGiven, ProposedView, WaitingChange, problem_of, waiting_answer
from shared.proposals.propose import ProposalRefused, propose
from shared.runtime.problems import Conflict
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.period_states import PeriodState
from shared.vocabulary.roles import ADMINISTRATORS, ANALYSTS, STAFF, Role

_READERS = (*STAFF, Role.SERVICE)
# Of a history that nobody reads to its end; the database keeps all.
_APPLICATIONS_MAX: Final = 100


class RulesetView(ProposedView):
    """`trueback.yaml`, applied as a whole; and who has applied which, the newest first."""

    change = RULESET
    roles = {"GET": ANALYSTS, "PUT": ADMINISTRATORS}
    audit = {"GET": READ, "PUT": Audited(AuditAction.RULESET_APPLIED, "ruleset")}
    request_serializers = {"PUT": FileGiven}
    response_types = {
        "GET": {200: CurrentRuleset},
        "PUT": {200: RulesetInForce, 202: WaitingChange},
    }

    def get(self, _request: Request) -> Response:
        current = Ruleset.objects.filter(is_current=True).first()
        if current is None:
            raise Http404
        applied = RulesetApplication.objects.select_related("ruleset").order_by("-pk")
        return Response(
            {
                "digest": current.digest,
                "version": current.version,
                "content": current.content,
                "applications": [
                    {
                        "digest": one.ruleset_id,
                        "version": one.ruleset.version,
                        "applied_by": one.applied_by,
                        "applied_at": one.applied_at,
                        "confirmed_by": one.confirmed_by,
                    }
                    for one in applied[:_APPLICATIONS_MAX]
                ],
            }
        )


class PeriodsView(ScopedView):
    """The newest first."""

    roles = {"GET": _READERS}
    audit = {"GET": READ}
    response_types = {"GET": {200: PeriodList}}

    def get(self, _request: Request) -> Response:
        periods = Period.objects.order_by("-period").values("period", "state", "version")
        return Response({"data": list(periods)})


class PeriodView(ScopedView):
    """Version 1 of the answer has sentences where the current one has data."""

    roles = {"GET": _READERS}
    audit = {"GET": READ}
    response_types = {"GET": {200: PeriodStanding}}
    answer_version = 2

    def get(self, _request: Request, period: str) -> Response:
        return Response(_period(_found_period(period), self.answer_version))


class CloseGiven(serializers.Serializer[Any]):
    run_id = serializers.CharField(default="", allow_blank=True, max_length=40)
    reasons = serializers.DictField(
        child=serializers.CharField(min_length=3, max_length=2000), default=dict
    )


class NeededReason(serializers.Serializer[Any]):
    reason = serializers.CharField(min_length=3, max_length=500)


class PeriodClose(ScopedView):
    """Closes a period on the run that was seen, if `run_id` says which.

    `reasons` maps each failed check to why it is closed all the same.
    """

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": Audited(AuditAction.PERIOD_CLOSED, "period", "period")}
    request_serializers = {"POST": CloseGiven}
    response_types = {"POST": {200: PeriodStanding}}
    answer_version = 2

    def post(self, _request: Request, period: str) -> Response:
        given = self.given()
        now = datetime.now(UTC)
        try:
            record = close_period(
                period=period,
                closed_by=self.actor.name,
                now=now,
                **given,
            )
        except UnableToClose as error:
            raise Conflict(str(error), reason=_refusal(error)) from error
        self.note(
            details={
                "was_closed": record.closed_at != now,
                "run": "" if record.closed_run is None else record.closed_run.run_id,
                "overridden": [override["check"] for override in overrides_of(record)],
            }
        )
        return Response(_period(record, self.answer_version), status=status.HTTP_200_OK)


class PeriodRuleset(ScopedView):
    """A closed month by the current ruleset instead of the one that it was closed by.

    Never done by one person: the answer is the proposal that waits for a second one.
    """

    roles = {"PUT": ADMINISTRATORS}
    audit = {"PUT": Audited(AuditAction.PERIOD_REATTRIBUTED, "period", "period")}
    request_serializers = {"PUT": NeededReason}
    response_types = {"PUT": {202: WaitingChange}}

    def put(self, _request: Request, period: str) -> Response:
        _found_period(period)
        try:
            content = reattribution(period, self.given()["reason"])
            waiting: Any = propose(PERIOD_RULESET, content=content, actor=self.actor)
        except UnableToReattribute as error:
            raise Conflict(str(error), reason={"code": error.code}) from error
        except ProposalRefused as refused:
            raise problem_of(refused) from refused
        return waiting_answer(waiting)


class StatementView(ScopedView):
    """A tenant's cost by the current run: for the operator's people only."""

    roles = {"GET": _READERS}
    audit = {"GET": READ}
    response_types = {"GET": {200: TenantStatement}}

    def get(self, _request: Request, period: str, tenant: str) -> Response:
        run = Run.objects.filter(period=period, is_current=True).first()
        statement = run and Statement.objects.filter(run_id=run.run_id, tenant_id=tenant).first()
        if not statement:
            raise Http404
        lines = statement.lines.order_by("charge_group", "method")
        return Response(
            {
                "tenant": tenant,
                "period": period,
                "run_id": statement.run_id,
                "currency": statement.currency,
                "cost": str(statement.cost),
                "lines": [
                    {
                        "charge_group": line.charge_group,
                        "method": line.method,
                        "amount": str(line.amount),
                    }
                    for line in lines
                ],
            }
        )


def _found_period(period: str) -> Period:
    record = Period.objects.filter(period=period).first()
    if record is None:
        raise Http404
    return record


def _refusal(error: UnableToClose) -> dict[str, Any]:
    return {"code": error.code, "checks": [_check(check) for check in error.failed]}


def _check(check: CheckResult) -> dict[str, Any]:
    return {"name": check.name, "passed": check.passed, "figures": check.figures}


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "code": cause.code,
        "source": cause.source,
        "bill_period": cause.bill_period or None,
        "line_count": cause.more.line_count,
        "billed": f"{cause.more.billed:f}",
        "effective": f"{cause.more.effective:f}",
    }


def _period(record: Period, version: int) -> dict[str, Any]:
    """`run` is the current one, `closed_run` the one that invoices are made of."""
    run = Run.objects.filter(period=record.period, is_current=True).first()
    closes = KeptClose.objects.select_related("run").filter(period=record.period)
    checks = [] if run is None else period_checks(run, now=datetime.now(UTC))
    return {
        "period": record.period,
        "state": record.state,
        "version": record.version,
        "closed_by": record.closed_by,
        "closed_at": record.closed_at,
        "overrides": record.overrides if version == 1 else overrides_of(record),
        "closes": [_close(close) for close in closes.order_by("number")],
        "revised_tenants": record.revised_tenants,
        "revision_causes": [_cause(cause) for cause in causes_of(record, run)],
        "ruleset": _ruleset(record),
        "run": None if run is None else _run(run),
        "closed_run": None if record.closed_run is None else _run(record.closed_run),
        "checks": [
            _check(check) | ({"finding": check.finding} if version == 1 else {}) for check in checks
        ],
        "reclose": _reclose(record, run, checks),
    }


def _reclose(
    record: Period, run: Run | None, checks: Sequence[CheckResult]
) -> dict[str, Any] | None:
    if run is None or record.state != PeriodState.REOPENED:
        return None
    reclosing = reclosing_of(record, run, checks)
    return {
        "due_at": reclosing.due_at,
        "accepted": list(reclosing.standing.accepted),
        "waits_for": list(reclosing.standing.waits_for),
    }


def _close(close: KeptClose) -> dict[str, Any]:
    return {
        "number": close.number,
        "run_id": close.run_id,
        "run": _run(close.run),
        "causes": [{"bill_period": None, **cause} for cause in close.causes],
        "overrides": close.overridden_checks,
        "closed_by": close.closed_by,
        "closed_at": close.closed_at,
    }


def _ruleset(record: Period) -> dict[str, Any] | None:
    ruleset = ruleset_of_period(record.period)
    if ruleset is None:
        return None
    return {
        "digest": ruleset.digest,
        "version": ruleset.version,
        "is_current": ruleset.is_current,
        "is_kept": record.ruleset_id is not None,
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "version": run.version,
        "activation": run.activation,
        "currency": run.currency,
        "proof": {name: value for name, value in run.proof.items() if name != "per"},
        "signal_set_ids": run.signal_set_ids,
        "workload_set_ids": run.workload_set_ids,
        "fallback_share": str(run.fallback_share),
        "unallocated_share": str(run.unallocated_share),
        "folder_uri": run.folder_uri,
        "findings": run.findings,
    }
