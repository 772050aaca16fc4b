"""Proposals as others are shown them, and those that wait as troubles."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.health.trouble import Trouble
from shared.proposals.propose import proposals
from shared.vocabulary.proposals import ProposalState
from shared.vocabulary.roles import ADMINISTRATORS
from shared.vocabulary.troubles import TroubleCode, TroubleKind

_FIELDS = ("subject", "digest", "state", "proposed_by", "proposed_at", "decided_by", "decided_at")
_MORE = ("reason", "reach", "changes", "unconfirmed")


def shown_proposal(proposal: Any) -> dict[str, Any]:
    """`needed` says what it needs to come into force; None where it is decided."""
    is_waiting = proposal.state == ProposalState.WAITING
    return {
        "proposal_id": str(proposal.proposal_id),
        **{name: getattr(proposal, name) for name in (*_FIELDS, *_MORE)},
        "needed": _needed(proposal) if is_waiting else None,
    }


def _needed(proposal: Any) -> Mapping[str, Any]:
    return {"roles": list(ADMINISTRATORS), "not_by": [proposal.proposed_by]}


def waiting_proposals(_now: datetime) -> Iterator[Trouble]:
    for proposal in proposals().objects.filter(state=ProposalState.WAITING):
        yield Trouble(
            TroubleKind.PROPOSAL,
            TroubleCode.SECOND_PERSON_NEEDED,
            str(proposal.proposal_id),
            proposal.proposed_at,
            {"what": proposal.subject, "by": proposal.proposed_by},
        )
