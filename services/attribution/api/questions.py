"""Questions that a job answers: asked again, the same question tells how far it is."""

from decimal import Decimal
from typing import Any

from django.http import Http404
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from services.attribution.domain.what_if import PeriodChange, compare, to_json
from services.attribution.models import Run
from services.attribution.operations.ask import UnableToAnswer, ask
from services.attribution.queries.compared_runs import PERIODS_MAX, compared_runs, revenue_of
from services.attribution.queries.run_inputs import inputs_of_run
from shared.auth.api import ScopedView
from shared.configuration import parse_configuration
from shared.runtime.problems import Conflict
from shared.vocabulary.roles import ANALYSTS, STAFF


class Explanation(ScopedView):
    """Why an amount of a run is what it is: 202 while it is computed, then its evidence.

    Of the period's current run, or of `run`. It shows cost: for the operator's people alone.
    """

    roles = {"GET": STAFF}

    def get(self, request: Request, period: str) -> Response:
        given = _Asked(data=request.query_params)
        given.is_valid(raise_exception=True)
        asked = {name: str(value) for name, value in given.validated_data.items() if value}
        rows_max = int(asked.pop("rows"))
        run = _run(period, asked.pop("run", ""))
        question = {"run_id": run.run_id, "selection": asked, "rows_max": rows_max}
        return _answered(_something(_ask("explain_amount", question)))


class _Asked(serializers.Serializer[Any]):
    tenant = serializers.CharField(max_length=300)
    charge_group = serializers.CharField(default="", max_length=200)
    method = serializers.CharField(default="", max_length=20)
    service = serializers.CharField(default="", max_length=200)
    account = serializers.CharField(default="", max_length=40)
    day = serializers.DateField(default=None, allow_null=True)
    rule = serializers.CharField(default="", max_length=200)
    run = serializers.CharField(default="", max_length=40)
    rows = serializers.IntegerField(default=5, min_value=1, max_value=10_000)


class FocusCharges(ScopedView):
    """A run's charges in the names of FOCUS 1.3, or one tenant's part of each bill line.

    The answer says where in the lake the files lie.
    """

    roles = {"GET": ANALYSTS}

    def get(self, request: Request, run_id: str) -> Response:
        _check_proven(run_id)
        given = _LinesAsked(data=request.query_params)
        given.is_valid(raise_exception=True)
        selection = {name: str(value) for name, value in given.validated_data.items() if value}
        answer = _ask("export_focus", {"run_id": run_id, "selection": selection})
        return _answered(_something(answer))


class _LinesAsked(serializers.Serializer[Any]):
    tenant = serializers.CharField(default="", max_length=300)
    day = serializers.DateField(default=None, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["day"] and not attrs["tenant"]:
            raise serializers.ValidationError({"tenant": "A day is of one tenant's lines."})
        return attrs


class Replay(ScopedView):
    """Computes a run again from what it was made of; `replay_id` tells one replay from the next."""

    roles = {"POST": ANALYSTS}

    def post(self, request: Request, run_id: str) -> Response:
        _check_proven(run_id)
        given = _ReplayGiven(data=request.data)
        given.is_valid(raise_exception=True)
        replay_id = str(given.validated_data["replay_id"])
        return _answered(_ask("replay_run", {"run_id": run_id, "replay_id": replay_id}))


class _ReplayGiven(serializers.Serializer[Any]):
    replay_id = serializers.UUIDField()


class WhatIf(ScopedView):
    """A ruleset tried on past runs before it is saved; nothing of it is stored as current."""

    roles = {"POST": ANALYSTS}

    def post(self, request: Request) -> Response:
        given = _WhatIfGiven(data=request.data)
        given.is_valid(raise_exception=True)
        content = given.validated_data["content"]
        parse_configuration(content)
        runs = compared_runs(given.validated_data["periods"])
        for run in runs:
            inputs_of_run(run)
        question = {"content": content, "run_ids": [run.run_id for run in runs]}
        costs = _ask("try_ruleset", question)
        return _answered(costs and {"periods": [_compared(run, costs[run.run_id]) for run in runs]})


class _WhatIfGiven(serializers.Serializer[Any]):
    content = serializers.CharField(trim_whitespace=False)
    periods = serializers.ListField(
        child=serializers.CharField(max_length=7), default=list, max_length=PERIODS_MAX
    )


def _compared(run: Run, costs: dict[str, dict[str, str]]) -> dict[str, Any]:
    before, after = (
        {tenant: Decimal(amount) for tenant, amount in costs[name].items()}
        for name in ("before", "after")
    )
    changes = compare(before, after, revenue_of(run))
    return to_json(PeriodChange(run.period, run.run_id, run.currency, changes))


def _check_proven(run_id: str) -> None:
    if not Run.objects.filter(run_id=run_id, state=Run.State.PROVEN).exists():
        raise Http404


def _run(period: str, run_id: str) -> Run:
    runs = Run.objects.filter(period=period, state=Run.State.PROVEN)
    run = runs.filter(run_id=run_id).first() if run_id else runs.filter(is_current=True).first()
    if run is None:
        raise Http404
    return run


def _ask(kind: str, question: dict[str, Any]) -> Any:
    try:
        return ask(kind=kind, question=question)
    except UnableToAnswer as error:
        raise Conflict(str(error)) from error


def _something(answer: Any) -> Any:
    if answer is not None and "nothing" in answer:
        raise NotFound(answer["nothing"])
    return answer


def _answered(answer: Any) -> Response:
    code = status.HTTP_202_ACCEPTED if answer is None else status.HTTP_200_OK
    return Response({"answer": answer}, status=code)
