"""What is stuck, of all services: the worst first."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

from services.portal.domain.trouble_words import severity, trouble_words
from services.portal.gateways.health import (
    OWNERS,
    OwnersDatabaseAway,
    ReadTrouble,
    UnableToReadHealth,
    read_troubles,
)
from services.portal.gateways.owner import Owner
from services.portal.pages.health import HealthPage, ServiceTroubles, TroubleRow
from shared.auth.actors import Actor
from shared.health.read import common_troubles
from shared.health.trouble import first_of
from shared.vocabulary.roles import ADMINISTRATORS
from shared.vocabulary.troubles import TroubleCode, TroubleKind

_PORTAL: Final = "portal"
_silent_since: Final[dict[Owner, datetime]] = {}
# A service of which nothing else can be said.
_NOTHING_KNOWN: Final = frozenset(
    {
        (TroubleKind.SERVICE, TroubleCode.NO_ANSWER),
        (TroubleKind.DATABASE, TroubleCode.AWAY),
    }
)
_ACTION_LABELS: Final[Mapping[str, str]] = {
    TroubleKind.DEAD_LETTER: "Send again",
    TroubleKind.FAILED_JOB: "Try again",
}


def read_health(*, actor: Actor, now: datetime, problem: str = "") -> HealthPage:
    """A service that does not answer is itself what is stuck there."""
    # At once: each takes seconds where what it depends on is away.
    with ThreadPoolExecutor(len(OWNERS)) as executor:
        asked = {owner: executor.submit(_of_owner, owner, actor, now) for owner in OWNERS}
        troubles = {_PORTAL: _own(now)}
    troubles |= {owner: answer.result() for owner, answer in asked.items()}
    may_act = actor.role in ADMINISTRATORS
    stuck = {service: _worst_first(each) for service, each in troubles.items() if each}
    return HealthPage(
        looked_at=now,
        groups=[
            ServiceTroubles(
                service, [_row(service, each, may_act=may_act) for each in stuck[service]]
            )
            for service in sorted(stuck, key=lambda service: _rank(stuck[service][0]))
        ],
        count=sum(len(each) for each in stuck.values()),
        is_whole=not any(
            (each.kind, each.code) in _NOTHING_KNOWN for answer in stuck.values() for each in answer
        ),
        may_act=may_act,
        problem=problem,
    )


def _of_owner(owner: Owner, actor: Actor, now: datetime) -> list[ReadTrouble]:
    """Since when it does not answer: since this process first saw it, in a row."""
    try:
        troubles = read_troubles(owner, actor=actor, now=now)
    except UnableToReadHealth as error:
        since = _silent_since.setdefault(owner, now)
        if isinstance(error, OwnersDatabaseAway):
            away = error.since or since
            return [ReadTrouble(TroubleKind.DATABASE, TroubleCode.AWAY, owner, since=away)]
        return [ReadTrouble(TroubleKind.SERVICE, TroubleCode.NO_ANSWER, owner, since=since)]
    _silent_since.pop(owner, None)
    return troubles


def _own(now: datetime) -> list[ReadTrouble]:
    return [
        ReadTrouble(each.kind, each.code, each.subject, each.since, each.figures)
        for each in first_of(common_troubles(now))
    ]


def _worst_first(troubles: Sequence[ReadTrouble]) -> list[ReadTrouble]:
    return sorted(troubles, key=_rank)


def _rank(trouble: ReadTrouble) -> tuple[int, datetime]:
    return severity(trouble.kind, trouble.code), trouble.since


def _row(service: str, trouble: ReadTrouble, *, may_act: bool) -> TroubleRow:
    words = trouble_words(
        trouble.kind,
        trouble.code,
        service=service,
        subject=trouble.subject,
        figures=trouble.figures,
    )
    # The portal tells nobody anything, and asks for no jobs.
    is_for_act = may_act and service != _PORTAL
    return TroubleRow(
        kind=trouble.kind,
        subject=trouble.subject,
        since=trouble.since,
        what=words.what,
        text=str(trouble.figures.get("text", "")),
        to_do=words.to_do,
        command=words.command,
        action_label=_ACTION_LABELS.get(trouble.kind, "") if is_for_act else "",
        invoice_id=trouble.subject if trouble.kind == TroubleKind.INVOICE else "",
        is_change=trouble.kind == TroubleKind.PROPOSAL,
        source=trouble.subject if trouble.kind == TroubleKind.SOURCE else "",
        delivery=trouble.subject if trouble.kind == TroubleKind.DELIVERY else "",
        period=trouble.subject if trouble.kind == TroubleKind.PERIOD else "",
        corrections=trouble.subject if trouble.kind == TroubleKind.CORRECTIONS else "",
    )
