"""Questions that take a while: a job answers each once, and the lake keeps the answer."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet

from services.attribution.job_lanes import QUESTIONS
from services.attribution.models import Job
from shared.faults import BadInput, Fault
from shared.isolation.locks import lock_until_commit
from shared.isolation.scope import as_ops
from shared.jobs.lease import require_lease
from shared.jobs.work import RETRY_AFTER, cancel_job, request_job
from shared.lake.lake import Lake
from shared.outside.lake import read_now

_FORM: Final = 1
"""Of the answers: another form has other ids, so that none of an older release is given."""


# Nobody reads more at once; so a few people can't keep all others waiting, nor fill the table.
QUESTIONS_OF_ONE_MAX: Final = 3
QUESTIONS_OF_ALL_MAX: Final = 50
_UNFINISHED: Final = (Job.State.QUEUED, Job.State.RUNNING)


@dataclass(frozen=True)
class Asked:
    """`answer` is None while a job is at it; `question_id` is what it can be cancelled by."""

    question_id: str
    answer: Any | None


class TooManyQuestions(Fault):
    """As many as one person, or all together, may wait for."""


class UnableToAnswer(Fault):
    """The job has failed; after a while the question may be asked again."""


def ask(*, kind: str, question: Mapping[str, Any], asked_by: str) -> Asked:
    """The same question has the same answer, whoever asks; and one job, whoever waits for it.

    Raises UnableToAnswer or TooManyQuestions; Unanswered where the lake doesn't answer.
    """
    text = json.dumps([_FORM, kind, question], sort_keys=True)
    answer_id = hashlib.sha256(text.encode()).hexdigest()
    lake = Lake(settings.ENVIRONMENT)
    try:
        kept = read_now(settings.ENVIRONMENT, lake.answer_uri(kind=kind, answer_id=answer_id))
    except BadInput:
        _request(kind, answer_id, question, asked_by)
        return Asked(answer_id, None)
    return Asked(answer_id, json.loads(kept))


def keep_answer(answer: Any, *, kind: str, answer_id: str) -> None:
    lake = Lake(settings.ENVIRONMENT)
    uri = lake.answer_uri(kind=kind, answer_id=answer_id)
    require_lease()
    lake.storage.write(json.dumps(answer, ensure_ascii=False).encode(), uri)


def cancel_question(question_id: str, *, by: str | None) -> bool:
    """End what one person waits for, or anybody where `by` is None; False where nobody does."""
    with as_ops():
        waiting = Job.objects.select_for_update().filter(
            kind__in=list(QUESTIONS.kinds), key=question_id, state__in=_UNFINISHED
        )
        job = (waiting if by is None else waiting.filter(requested_by=by)).first()
        if job is None:
            return False
        cancel_job(job)
        return True


def _request(kind: str, answer_id: str, question: Mapping[str, Any], asked_by: str) -> None:
    with as_ops():
        jobs = Job.objects.filter(kind=kind, key=answer_id, state=Job.State.FAILED)
        failed = jobs.filter(finished_at__gt=datetime.now(UTC) - RETRY_AFTER).first()
        if failed is not None:
            raise UnableToAnswer(failed.error)
        unfinished = Job.objects.filter(kind__in=list(QUESTIONS.kinds), state__in=_UNFINISHED)
        if unfinished.filter(kind=kind, key=answer_id).exists():
            return
        _check_room(unfinished, asked_by)
        request_job(
            kind=kind,
            key=answer_id,
            payload={**question, "answer_id": answer_id},
            requested_by=asked_by,
        )


def _check_room(unfinished: QuerySet[Job], asked_by: str) -> None:
    """Under a lock, so that forty that are asked at once are counted one after the other."""
    lock_until_commit("questions")
    if unfinished.filter(requested_by=asked_by).count() >= QUESTIONS_OF_ONE_MAX:
        raise TooManyQuestions(
            f"{QUESTIONS_OF_ONE_MAX} questions of yours are being answered.",
            remedy="Wait for one of the answers, or cancel one.",
        )
    if unfinished.count() >= QUESTIONS_OF_ALL_MAX:
        raise TooManyQuestions(
            f"{QUESTIONS_OF_ALL_MAX} questions are being answered.", remedy="Ask again in a minute."
        )
