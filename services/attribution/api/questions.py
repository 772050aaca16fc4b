"""Questions that a job answers: asked again, the same question tells how far it is.

An answer of 202 has the id of the question, by which who asked it, or an administrator, cancels it.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from django.http import Http404
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from services.attribution.api.answers import Answer
from services.attribution.domain.what_if import PeriodChange, compare, to_json
from services.attribution.models import Run
from services.attribution.operations.ask import (
    Asked,
    TooManyQuestions,
    UnableToAnswer,
    ask,
    cancel_question,
)
from services.attribution.queries.compared_runs import PERIODS_MAX, compared_runs, revenue_of
from services.attribution.queries.run_inputs import inputs_of_run
from shared.audit.declared import READ, Audited, NotAudited
from shared.auth.api import ScopedView
from shared.configuration import parse_configuration
from shared.outside.target import Unanswered
from shared.runtime.problems import Conflict, TooMany, Unavailable
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.roles import ADMINISTRATORS, ANALYSTS, STAFF

_ANSWERS: Final = {status.HTTP_200_OK: Answer, status.HTTP_202_ACCEPTED: Answer}


class _Questions(ScopedView):
    def _ask(self, kind: str, question: dict[str, Any]) -> Asked:
        try:
            return ask(kind=kind, question=question, asked_by=self.actor.name)
        except UnableToAnswer as error:
            raise Conflict(str(error)) from error
        except TooManyQuestions as error:
            raise TooMany(str(error), reason={"code": "too_many_questions"}) from error
        except Unanswered as error:
            raise Unavailable(
                "The lake, where answers are kept, does not answer. Ask again in a minute.",
                reason={"code": "lake_unanswered"},
            ) from error


class Question(ScopedView):
    """What somebody waits for; who cancels it has no answer, nor has whoever asked the same."""

    roles = {"DELETE": STAFF}
    audit = {"DELETE": NotAudited("nothing that is kept is changed by it")}
    response_types = {"DELETE": {status.HTTP_204_NO_CONTENT: None}}

    def delete(self, _request: Request, question_id: str) -> Response:
        is_administrator = self.actor.role in ADMINISTRATORS
        if not cancel_question(question_id, by=None if is_administrator else self.actor.name):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExplanationAsked(serializers.Serializer[Any]):
    tenant = serializers.CharField(max_length=300)
    charge_group = serializers.CharField(default="", max_length=200)
    method = serializers.CharField(default="", max_length=20)
    service = serializers.CharField(default="", max_length=200)
    account = serializers.CharField(default="", max_length=40)
    day = serializers.DateField(default=None, allow_null=True)
    rule = serializers.CharField(default="", max_length=200)
    run = serializers.CharField(default="", max_length=40)
    rows = serializers.IntegerField(default=5, min_value=1, max_value=10_000)


class Explanation(_Questions):
    """Why an amount of a run is what it is: 202 while it is computed, then its evidence.

    Of the period's current run, or of `run`. It shows cost: for the operator's people alone.
    """

    roles = {"GET": STAFF}
    audit = {"GET": READ}
    request_serializers = {"GET": ExplanationAsked}
    response_types = {"GET": _ANSWERS}

    def get(self, _request: Request, period: str) -> Response:
        asked = {name: str(value) for name, value in self.given().items() if value}
        rows_max = int(asked.pop("rows"))
        run = _run(period, asked.pop("run", ""))
        question = {"run_id": run.run_id, "selection": asked, "rows_max": rows_max}
        return _answered(_something(self._ask("explain_amount", question)))


class LinesAsked(serializers.Serializer[Any]):
    tenant = serializers.CharField(default="", max_length=300)
    day = serializers.DateField(default=None, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["day"] and not attrs["tenant"]:
            raise serializers.ValidationError({"tenant": "A day is of one tenant's lines."})
        return attrs


class FocusCharges(_Questions):
    """A run's charges in the names of FOCUS 1.3, or one tenant's part of each bill line.

    The answer says where in the lake the files lie.
    """

    roles = {"GET": ANALYSTS}
    audit = {"GET": Audited(AuditAction.EXPORTED, "run", "run_id")}
    request_serializers = {"GET": LinesAsked}
    response_types = {"GET": _ANSWERS}

    def get(self, _request: Request, run_id: str) -> Response:
        _check_proven(run_id)
        selection = {name: str(value) for name, value in self.given().items() if value}
        self.note(details={"format": "focus", **selection})
        asked = self._ask("export_focus", {"run_id": run_id, "selection": selection})
        return _answered(_something(asked))


class ReplayGiven(serializers.Serializer[Any]):
    replay_id = serializers.UUIDField()


class Replay(_Questions):
    """Computes a run again from what it was made of; `replay_id` tells one replay from the next."""

    roles = {"POST": ANALYSTS}
    audit = {"POST": NotAudited("it computes again what is kept, and keeps nothing of it")}
    request_serializers = {"POST": ReplayGiven}
    response_types = {"POST": _ANSWERS}

    def post(self, _request: Request, run_id: str) -> Response:
        _check_proven(run_id)
        replay_id = str(self.given()["replay_id"])
        return _answered(self._ask("replay_run", {"run_id": run_id, "replay_id": replay_id}))


class WhatIfGiven(serializers.Serializer[Any]):
    content = serializers.CharField(trim_whitespace=False)
    periods = serializers.ListField(
        child=serializers.CharField(max_length=7), default=list, max_length=PERIODS_MAX
    )


class WhatIf(_Questions):
    """A ruleset tried on past runs before it is saved; nothing of it is stored as current."""

    roles = {"POST": ANALYSTS}
    audit = {"POST": NotAudited("it tries, and changes nothing")}
    request_serializers = {"POST": WhatIfGiven}
    response_types = {"POST": _ANSWERS}

    def post(self, _request: Request) -> Response:
        given = self.given()
        content = given["content"]
        parse_configuration(content)
        runs = compared_runs(given["periods"])
        for run in runs:
            inputs_of_run(run)
        question = {"content": content, "run_ids": [run.run_id for run in runs]}
        asked = self._ask("try_ruleset", question)
        costs = asked.answer
        if costs is None:
            return _answered(asked)
        periods = [_compared(run, costs[run.run_id]) for run in runs]
        return _answered(replace(asked, answer={"periods": periods}))


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


def _something(asked: Asked) -> Asked:
    if asked.answer is not None and "nothing" in asked.answer:
        raise NotFound(asked.answer["nothing"])
    return asked


def _answered(asked: Asked) -> Response:
    code = status.HTTP_202_ACCEPTED if asked.answer is None else status.HTTP_200_OK
    return Response({"answer": asked.answer, "question": asked.question_id}, status=code)
