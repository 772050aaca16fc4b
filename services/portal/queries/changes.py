"""Changes of rules and prices, of both services that have them."""

from datetime import datetime
from typing import Any, Final

from services.portal.domain.change_words import STATES, TITLES, differing, reach_words, value_words
from services.portal.gateways.changes import (
    PATHS,
    ReadDifference,
    ReadDifferences,
    ReadProposal,
    UnableToReadChanges,
    read_proposals,
)
from services.portal.pages.changes import (
    ChangesPage,
    DecidedChange,
    EntryChange,
    EntryChanges,
    FieldChange,
    Sign,
    WaitingChange,
)
from shared.auth.actors import Actor, is_same_person
from shared.vocabulary.proposals import ProposalState
from shared.vocabulary.roles import ADMINISTRATORS

_DECIDED_MAX: Final = 20


def read_changes(*, actor: Actor, now: datetime, problem: str = "") -> ChangesPage:
    """The longest waiting first, and what was decided last."""
    known: list[tuple[str, ReadProposal]] = []
    silent = []
    for owner in PATHS:
        try:
            listed = read_proposals(owner, actor=actor, now=now)
            known += [(owner, proposal) for proposal in listed]
        except UnableToReadChanges:
            silent.append(str(owner))
    known.sort(key=lambda one: one[1].proposed_at)
    decided = [row for _, one in known if (row := _decided(one))]
    decided.sort(key=lambda row: row.decided_at, reverse=True)
    return ChangesPage(
        waiting=[
            _waiting(owner, one, actor)
            for owner, one in known
            if one.state == ProposalState.WAITING
        ],
        decided=decided[:_DECIDED_MAX],
        silent=silent,
        may_decide=actor.role in ADMINISTRATORS,
        problem=problem,
    )


def _waiting(service: str, proposal: ReadProposal, actor: Actor) -> WaitingChange:
    return WaitingChange(
        service=service,
        id=proposal.proposal_id,
        title=_title(proposal),
        proposed_by=proposal.proposed_by,
        proposed_at=proposal.proposed_at,
        reach=reach_words(proposal.subject, proposal.reach),
        changes=_changes(proposal.changes),
        unconfirmed=_changes(proposal.unconfirmed),
        is_own=is_same_person(proposal.proposed_by, actor.name),
    )


def _decided(proposal: ReadProposal) -> DecidedChange | None:
    if proposal.decided_at is None:
        return None
    return DecidedChange(
        title=_title(proposal),
        proposed_by=proposal.proposed_by,
        proposed_at=proposal.proposed_at,
        state_label=STATES.get(proposal.state, proposal.state),
        decided_by=proposal.decided_by,
        decided_at=proposal.decided_at,
        reason=proposal.reason,
    )


def _title(proposal: ReadProposal) -> str:
    return TITLES.get(proposal.subject, proposal.subject)


def _changes(listed: ReadDifferences) -> EntryChanges:
    return EntryChanges([_entry(one) for one in listed.first], listed.count - len(listed.first))


def _entry(difference: ReadDifference) -> EntryChange:
    before, after = difference.before or {}, difference.after or {}
    fields = [_field(name, before.get(name), after.get(name)) for name in {**before, **after}]
    return EntryChange(
        kind=difference.kind,
        name=difference.name,
        sign=_sign(difference),
        fields=[field for field in fields if field.before or field.after],
    )


def _field(name: str, before: Any, after: Any) -> FieldChange:
    removed, added = differing(before, after)
    return FieldChange(name.replace("_", " "), value_words(removed), value_words(added))


def _sign(difference: ReadDifference) -> Sign:
    if difference.before is None:
        return "added"
    return "removed" if difference.after is None else "changed"
