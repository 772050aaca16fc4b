from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from django.http import Http404
from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from shared.audit.declared import READ, Audited
from shared.auth.api import ScopedView
from shared.health.read import common_troubles
from shared.health.trouble import Trouble, first_of
from shared.jobs.table import jobs
from shared.jobs.work import request_job
from shared.messaging.producer.dead_letters import dead_letters, replay
from shared.runtime.path_ids import uuid_or_404
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.roles import ADMINISTRATORS, ANALYSTS

ReadTroubles = Callable[[datetime], Iterable[Trouble]]


class TroubleFound(TypedDict):
    kind: str
    subject: str
    since: datetime
    code: str
    figures: dict[str, str | int]


class Health(TypedDict):
    looked_at: datetime
    data: list[TroubleFound]


class ReplayedMessage(TypedDict):
    message_id: str


class RetriedJob(TypedDict):
    job_id: str


class HealthView(ScopedView):
    """What is stuck here, oldest first; empty where all is well at `looked_at`."""

    roles = {"GET": ANALYSTS}
    audit = {"GET": READ}
    response_types = {"GET": {200: Health}}
    read: ReadTroubles = staticmethod(common_troubles)

    def get(self, _request: Request) -> Response:
        now = datetime.now(UTC)
        troubles = first_of(self.read(now))
        return Response({"looked_at": now, "data": [trouble.as_data() for trouble in troubles]})


class DeadLetterReplay(ScopedView):
    """Sends a dead letter again; its consumer handles it once, however often it comes."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": Audited(AuditAction.MESSAGE_REPLAYED, "message", "message_id")}
    response_types = {"POST": {200: ReplayedMessage}}

    def post(self, _request: Request, message_id: str) -> Response:
        letter = dead_letters().filter(message_id=uuid_or_404(message_id)).first()
        if letter is None:
            raise Http404
        self.note(details={"topic": letter.topic, "dest": letter.dest})
        replay(message_id=message_id)
        return Response({"message_id": message_id})


class JobRetry(ScopedView):
    """Asks for a failed job once more; nothing where the same one waits already."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": Audited(AuditAction.JOB_RETRIED, "job", "job_id")}
    response_types = {"POST": {200: RetriedJob}}

    def post(self, _request: Request, job_id: str) -> Response:
        failed = jobs().objects.filter(job_id=uuid_or_404(job_id), state="failed", requested_by="")
        job = failed.first()
        if job is None:
            raise Http404
        self.note(details={"kind": job.kind, "key": job.key})
        payload = {name: value for name, value in job.payload.items() if name != "rerun"}
        request_job(kind=job.kind, key=job.key, payload=payload)
        return Response({"job_id": job_id})


def health_paths(read: ReadTroubles = common_troubles) -> list[URLPattern]:
    return [
        path("api/v1/health", HealthView.as_view(read=read), name="health"),
        path(
            "api/v1/health/messages/<str:message_id>/replay",
            DeadLetterReplay.as_view(),
            name="message-replay",
        ),
        path("api/v1/health/jobs/<str:job_id>/retry", JobRetry.as_view(), name="job-retry"),
    ]
