"""A change by one person: in force at once where its reach is small, else for a second to confirm.

Its reach is measured against what two people have last agreed on, and not against what is in force,
so that many small changes are as far as one large one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db.models.functions import Now

from shared.audit.entries import write_entry
from shared.auth.actors import Actor, is_same_person
from shared.faults import Fault
from shared.isolation.locks import lock_until_commit
from shared.proposals.difference import Difference, shown
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.proposals import ProposalRefusal, ProposalState, Proposed


@dataclass(frozen=True)
class Measured:
    """A change before anything is done; `base` is the digest of what is in force, `` of nothing.

    `is_within`: one person may do it. `unconfirmed` is in force, though no second person has seen
    it: whoever confirms the change agrees with that, too.
    """

    digest: str
    base: str
    is_within: bool
    reach: Mapping[str, Any] = field(default_factory=dict)
    changes: Sequence[Difference] = ()
    unconfirmed: Sequence[Difference] = ()


@dataclass(frozen=True)
class Applied:
    """`answer` is for who asked, `details` for the audit log."""

    object_id: str
    answer: Mapping[str, Any]
    details: Mapping[str, Any] = field(default_factory=dict)


Wanted = TypeVar("Wanted")
Given_contra = TypeVar("Given_contra", contravariant=True)


class PutInForce(Protocol[Given_contra]):
    def __call__(
        self, wanted: Given_contra, content: str, /, *, applied_by: str, confirmed_by: str
    ) -> Applied: ...


@dataclass(frozen=True)
class Changeable(Generic[Wanted]):
    """What a proposal may change, and how; `base` is read under the lock of `subject`'s name.

    `read` makes of a proposal's content what is wanted, which the others take.
    """

    subject: Proposed
    action: AuditAction
    read: Callable[[str], Wanted]
    measure: Callable[[Wanted], Measured]
    base: Callable[[Wanted], str]
    put_in_force: PutInForce[Wanted]


Changes = Mapping[str, Changeable[Any]]
"""What a service lets be proposed, by subject."""


@dataclass
class ProposalRefused(Fault):
    """`state` is of the proposal; `needed` are the states, or whose it is and who may not."""

    code: ProposalRefusal = field(kw_only=True)
    state: str = field(kw_only=True)
    needed: list[str] = field(kw_only=True, default_factory=list)


def proposals() -> Any:
    return apps.get_model(settings.SERVICE_NAME, "Proposal")


def propose(change: Changeable[Any], *, content: str, actor: Actor) -> Applied | Any:
    """What is in force, or the proposal that waits.

    Raises what the change's `read` and `measure` do (BadConfiguration), and ProposalRefused where
    somebody else's of the same subject waits. The same person's takes the place of what they have
    asked for before.
    """
    wanted = change.read(content)
    lock_until_commit(change.subject)
    measured = change.measure(wanted)
    waiting = _waiting_of(change.subject).first()
    if measured.is_within:
        applied = change.put_in_force(wanted, content, applied_by=actor.name, confirmed_by="")
        if waiting is not None and change.base(wanted) != waiting.base:
            _decide(waiting, ProposalState.OUTDATED, by=actor)
        is_changed = measured.digest != measured.base
        return replace(applied, answer={**applied.answer, "is_changed": is_changed})
    if waiting is not None:
        if (waiting.digest, waiting.base) == (measured.digest, measured.base):
            return waiting
        if not is_same_person(waiting.proposed_by, actor.name):
            raise _another_waits(waiting)
        _decide(waiting, ProposalState.REPLACED, by=actor)
    return _ask(change, content, measured, actor)


def confirm(changes: Changes, proposal_id: UUID, *, actor: Actor) -> tuple[Any, Applied]:
    """Put it in force as it was asked for; raises ProposalRefused, and DoesNotExist."""
    proposal = _waiting(changes, proposal_id)
    change = changes[proposal.subject]
    if is_same_person(proposal.proposed_by, actor.name):
        raise ProposalRefused(
            f"{proposal.proposed_by} has asked for it, so somebody else confirms it.",
            code=ProposalRefusal.OWN_CHANGE,
            state=proposal.state,
            needed=[actor.role],
        )
    wanted = change.read(proposal.content)
    if change.base(wanted) != proposal.base:
        raise ProposalRefused(
            "What it changes has been changed since.",
            remedy="Propose it again, and look at it anew.",
            code=ProposalRefusal.CHANGED_SINCE,
            state=proposal.state,
        )
    applied = change.put_in_force(
        wanted,
        proposal.content,
        applied_by=proposal.proposed_by,
        confirmed_by=actor.name,
    )
    _decide(proposal, ProposalState.CONFIRMED, by=actor)
    write_entry(
        change.action,
        actor=actor,
        kind=change.subject,
        object_id=applied.object_id,
        details={**applied.details, "proposed_by": proposal.proposed_by},
    )
    return proposal, applied


def reject(changes: Changes, proposal_id: UUID, *, actor: Actor, reason: str) -> Any:
    """Who has asked for it withdraws it; raises ProposalRefused, and DoesNotExist."""
    proposal = _waiting(changes, proposal_id)
    is_own = is_same_person(proposal.proposed_by, actor.name)
    state = ProposalState.WITHDRAWN if is_own else ProposalState.REJECTED
    _decide(proposal, state, by=actor, reason=reason)
    return proposal


def _waiting_of(subject: Proposed) -> Any:
    return proposals().objects.filter(subject=subject, state=ProposalState.WAITING)


def _ask(change: Changeable[Any], content: str, measured: Measured, actor: Actor) -> Any:
    proposal = proposals().objects.create(
        subject=change.subject,
        content=content,
        digest=measured.digest,
        base=measured.base,
        reach=dict(measured.reach),
        changes=shown(measured.changes),
        unconfirmed=shown(measured.unconfirmed),
        proposed_by=actor.name,
    )
    proposal.refresh_from_db(fields=["proposed_at"])
    write_entry(
        AuditAction.CHANGE_PROPOSED,
        actor=actor,
        kind=change.subject,
        object_id=str(proposal.proposal_id),
        details={"digest": measured.digest, **measured.reach},
    )
    return proposal


def _waiting(changes: Changes, proposal_id: UUID) -> Any:
    """Under the lock, so that of two who decide at once the second sees what the first has done."""
    proposal = proposals().objects.get(proposal_id=proposal_id, subject__in=list(changes))
    lock_until_commit(proposal.subject)
    proposal.refresh_from_db()
    if proposal.state != ProposalState.WAITING:
        raise ProposalRefused(
            f"It is {proposal.state} already, by {proposal.decided_by}.",
            code=ProposalRefusal.NOT_WAITING,
            state=proposal.state,
            needed=[ProposalState.WAITING],
        )
    return proposal


def _another_waits(waiting: Any) -> ProposalRefused:
    return ProposalRefused(
        f"A change by {waiting.proposed_by} waits for a second person.",
        remedy="Confirm or reject that one first.",
        code=ProposalRefusal.ANOTHER_WAITS,
        state=waiting.state,
        needed=[state for state in ProposalState if state != ProposalState.WAITING],
    )


def _decide(proposal: Any, state: ProposalState, *, by: Actor, reason: str = "") -> None:
    proposal.state, proposal.decided_by, proposal.reason = state, by.name, reason
    proposal.decided_at = Now()
    proposal.save(update_fields=["state", "decided_by", "reason", "decided_at"])
    proposal.refresh_from_db(fields=["decided_at"])
