from datetime import UTC, datetime
from typing import Any

from django.http import Http404
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from services.attribution.domain.close_checks import CheckResult
from services.attribution.models import Period, Run, Statement
from services.attribution.operations.apply_ruleset import apply_ruleset
from services.attribution.operations.close_period import UnableToClose, close_period
from services.attribution.queries.period_checks import overrides_of, period_checks
from shared.auth.api import ScopedView
from shared.runtime.problems import Conflict
from shared.vocabulary.roles import ADMINISTRATORS, STAFF, Role

_READERS = (*STAFF, Role.SERVICE)


class RulesetView(ScopedView):
    """`trueback.yaml`, applied as a whole."""

    roles = {"PUT": ADMINISTRATORS}

    def put(self, request: Request) -> Response:
        given = _RulesetGiven(data=request.data)
        given.is_valid(raise_exception=True)
        ruleset = apply_ruleset(content=given.validated_data["content"], applied_by=self.actor.name)
        return Response({"digest": ruleset.digest, "version": ruleset.version})


class _RulesetGiven(serializers.Serializer[Any]):
    content = serializers.CharField(trim_whitespace=False)


class PeriodsView(ScopedView):
    roles = {"GET": _READERS}

    def get(self, _request: Request) -> Response:
        periods = Period.objects.order_by("-period").values("period", "state", "version")
        return Response({"data": list(periods)})


class PeriodView(ScopedView):
    """Version 1 of the answer has sentences where the current one has data."""

    roles = {"GET": _READERS}
    answer_version = 2

    def get(self, _request: Request, period: str) -> Response:
        return Response(_period(_found_period(period), self.answer_version))


class PeriodClose(ScopedView):
    """Closes a period on the run that was seen, if `run_id` says which.

    `reasons` maps each failed check to why it is closed all the same.
    """

    roles = {"POST": ADMINISTRATORS}
    answer_version = 2

    def post(self, request: Request, period: str) -> Response:
        given = _CloseGiven(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            record = close_period(
                period=period,
                closed_by=self.actor.name,
                now=datetime.now(UTC),
                **given.validated_data,
            )
        except UnableToClose as error:
            raise Conflict(str(error), reason=_refusal(error)) from error
        return Response(_period(record, self.answer_version), status=status.HTTP_200_OK)


class _CloseGiven(serializers.Serializer[Any]):
    run_id = serializers.CharField(default="", allow_blank=True, max_length=40)
    reasons = serializers.DictField(child=serializers.CharField(min_length=3), default=dict)


class StatementView(ScopedView):
    """A tenant's cost by the current run: for the operator's people only."""

    roles = {"GET": _READERS}

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


def _period(record: Period, version: int) -> dict[str, Any]:
    """`run` is the current one, `closed_run` the one that invoices are made of."""
    run = Run.objects.filter(period=record.period, is_current=True).first()
    return {
        "period": record.period,
        "state": record.state,
        "version": record.version,
        "closed_by": record.closed_by,
        "closed_at": record.closed_at,
        "overrides": record.overrides if version == 1 else overrides_of(record),
        "revised_tenants": record.revised_tenants,
        "run": None if run is None else _run(run),
        "closed_run": None if record.closed_run is None else _run(record.closed_run),
        "checks": []
        if run is None
        else [
            _check(check) | ({"finding": check.finding} if version == 1 else {})
            for check in period_checks(run, now=datetime.now(UTC))
        ],
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "version": run.version,
        "currency": run.currency,
        "proof": {name: value for name, value in run.proof.items() if name != "per"},
        "signal_set_ids": run.signal_set_ids,
        "workload_set_ids": run.workload_set_ids,
        "fallback_share": str(run.fallback_share),
        "unallocated_share": str(run.unallocated_share),
        "folder_uri": run.folder_uri,
    }
