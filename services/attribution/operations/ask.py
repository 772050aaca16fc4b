"""Questions that take a while: a job answers each once, and the lake keeps the answer."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings

from services.attribution.models import Job
from shared.faults import BadInput, Fault
from shared.isolation.scope import as_ops
from shared.jobs.work import RETRY_AFTER, ensure_job
from shared.lake.lake import Lake

_FORM: Final = 1
"""Of the answers: another form has other ids, so that none of an older release is given."""


class UnableToAnswer(Fault):
    """The job has failed; after a while the question may be asked again."""


def ask(*, kind: str, question: Mapping[str, Any]) -> Any | None:
    """The answer, or None while a job is at it; the same question has the same answer."""
    text = json.dumps([_FORM, kind, question], sort_keys=True)
    answer_id = hashlib.sha256(text.encode()).hexdigest()
    lake = Lake(settings.ENVIRONMENT)
    try:
        return json.loads(lake.storage.read(lake.answer_uri(kind=kind, answer_id=answer_id)))
    except BadInput:
        _request(kind, answer_id, question)
        return None


def keep_answer(answer: Any, *, kind: str, answer_id: str) -> None:
    lake = Lake(settings.ENVIRONMENT)
    uri = lake.answer_uri(kind=kind, answer_id=answer_id)
    lake.storage.write(json.dumps(answer, ensure_ascii=False).encode(), uri)


def _request(kind: str, answer_id: str, question: Mapping[str, Any]) -> None:
    with as_ops():
        jobs = Job.objects.filter(kind=kind, key=answer_id, state=Job.State.FAILED)
        failed = jobs.filter(finished_at__gt=datetime.now(UTC) - RETRY_AFTER).first()
        if failed is not None:
            raise UnableToAnswer(failed.error)
        ensure_job(kind=kind, key=answer_id, payload={**question, "answer_id": answer_id})
