"""Proposals over HTTP, and the answer to whoever proposes a change."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar, Final, NotRequired

from django.http import Http404
from django.urls import URLPattern, path
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from shared.audit.declared import READ, Audited
from shared.auth.api import ScopedView
from shared.proposals.propose import (
    Applied,
    Changeable,
    ProposalRefused,
    confirm,
    proposals,
    propose,
    reject,
)
from shared.proposals.read import shown_proposal
from shared.runtime.path_ids import uuid_or_404
from shared.runtime.problems import Conflict, Forbidden
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.proposals import ProposalRefusal
from shared.vocabulary.roles import ADMINISTRATORS, ANALYSTS

# Of a history that nobody reads to its end; the database keeps all.
_PROPOSALS_MAX: Final = 50


class EntryDifference(TypedDict):
    """The fields that differ alone; null: there is no such entry."""

    kind: str
    name: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class EntryDifferences(TypedDict):
    count: int
    first: list[EntryDifference]


class NeededPerson(TypedDict):
    roles: list[str]
    not_by: list[str]


class ShownProposal(TypedDict):
    """`unconfirmed` is in force already, by one person; `needed` is null where it is decided."""

    proposal_id: str
    subject: str
    digest: str
    state: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str
    reach: dict[str, int | str | None]
    changes: EntryDifferences
    unconfirmed: EntryDifferences
    needed: NeededPerson | None


class WholeProposal(ShownProposal):
    content: str


class WaitingChange(TypedDict):
    digest: str
    proposal: ShownProposal


class ProposalList(TypedDict):
    data: list[ShownProposal]


class ConfirmedChange(TypedDict):
    """`version` is of a ruleset alone."""

    digest: str
    version: NotRequired[int]
    proposal: ShownProposal


class RejectedChange(TypedDict):
    proposal: ShownProposal


class FileGiven(serializers.Serializer[Any]):
    content = serializers.CharField(trim_whitespace=False)


class ReasonGiven(serializers.Serializer[Any]):
    reason = serializers.CharField(default="", allow_blank=True, max_length=2000)


class ProposedView(ScopedView):
    """A `PUT` of a file: 200 where it is in force, 202 with `proposal` where it waits."""

    change: ClassVar[Changeable[Any]]

    def put(self, _request: Request) -> Response:
        try:
            done = propose(self.change, content=self.given()["content"], actor=self.actor)
        except ProposalRefused as refused:
            raise problem_of(refused) from refused
        if isinstance(done, Applied):
            self.note(object_id=done.object_id, details=done.details)
            return Response(done.answer)
        return waiting_answer(done)


def waiting_answer(proposal: Any) -> Response:
    answer = {"digest": proposal.digest, "proposal": shown_proposal(proposal)}
    return Response(answer, status=status.HTTP_202_ACCEPTED)


class _OfChanges(ScopedView):
    # Given by `proposal_paths`.
    changes: Any = None


class ProposalsView(_OfChanges):
    """Those that wait and those that are decided, the newest first."""

    roles = {"GET": ANALYSTS}
    audit = {"GET": READ}
    response_types = {"GET": {200: ProposalList}}

    def get(self, _request: Request) -> Response:
        newest = proposals().objects.defer("content").order_by("-proposed_at", "-proposal_id")
        return Response({"data": [shown_proposal(one) for one in newest[:_PROPOSALS_MAX]]})


class ProposalView(_OfChanges):
    """One of them, with the whole file."""

    roles = {"GET": ANALYSTS}
    audit = {"GET": READ}
    response_types = {"GET": {200: WholeProposal}}

    def get(self, _request: Request, proposal_id: str) -> Response:
        proposal = proposals().objects.filter(proposal_id=uuid_or_404(proposal_id)).first()
        if proposal is None:
            raise Http404
        return Response({**shown_proposal(proposal), "content": proposal.content})


class ConfirmView(_OfChanges):
    """Puts it in force; never for who has asked for it."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": Audited(AuditAction.CHANGE_CONFIRMED, "proposal", "proposal_id")}
    response_types = {"POST": {200: ConfirmedChange}}

    def post(self, _request: Request, proposal_id: str) -> Response:
        try:
            proposal, applied = confirm(self.changes, uuid_or_404(proposal_id), actor=self.actor)
        except proposals().DoesNotExist as error:
            raise Http404 from error
        except ProposalRefused as refused:
            raise problem_of(refused) from refused
        details = {"subject": proposal.subject, "proposed_by": proposal.proposed_by}
        self.note(details={**details, "digest": proposal.digest})
        return Response({**applied.answer, "proposal": shown_proposal(proposal)})


class RejectView(_OfChanges):
    """Ends it; for who has asked for it, a withdrawal."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": Audited(AuditAction.CHANGE_REJECTED, "proposal", "proposal_id")}
    request_serializers = {"POST": ReasonGiven}
    response_types = {"POST": {200: RejectedChange}}

    def post(self, _request: Request, proposal_id: str) -> Response:
        reason = self.given()["reason"]
        try:
            proposal = reject(
                self.changes, uuid_or_404(proposal_id), actor=self.actor, reason=reason
            )
        except proposals().DoesNotExist as error:
            raise Http404 from error
        except ProposalRefused as refused:
            raise problem_of(refused) from refused
        details = {"subject": proposal.subject, "proposed_by": proposal.proposed_by}
        self.note(details={**details, "state": proposal.state})
        return Response({"proposal": shown_proposal(proposal)})


def proposal_paths(changes: Iterable[Changeable[Any]], prefix: str) -> list[URLPattern]:
    """Of all that a service lets be proposed."""
    given = {"changes": {change.subject: change for change in changes}}
    one = f"{prefix}/proposals/<str:proposal_id>"
    return [
        path(f"{prefix}/proposals", ProposalsView.as_view(**given), name="proposals"),
        path(one, ProposalView.as_view(**given), name="proposal"),
        path(f"{one}/confirm", ConfirmView.as_view(**given), name="proposal-confirm"),
        path(f"{one}/reject", RejectView.as_view(**given), name="proposal-reject"),
    ]


def problem_of(refused: ProposalRefused) -> Conflict | Forbidden:
    reason = {name: asdict(refused)[name] for name in ("code", "state", "needed")}
    kind = Forbidden if refused.code == ProposalRefusal.OWN_CHANGE else Conflict
    return kind(str(refused), reason=reason)
