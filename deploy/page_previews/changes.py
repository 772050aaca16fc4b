"""Changes of rules and prices that wait for a second person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from services.portal.domain.change_words import STATES, TITLES, reach_words, value_words
from services.portal.pages.changes import (
    ChangesPage,
    DecidedChange,
    EntryChange,
    EntryChanges,
    FieldChange,
    WaitingChange,
)
from shared.vocabulary.proposals import ProposalState, Proposed

_NOW: Final = datetime(2026, 11, 5, 8, 20, tzinfo=UTC)
_NOTHING: Final = EntryChanges([], 0)


def waiting() -> ChangesPage:
    return replace(none(), waiting=[_ruleset(), _plans()])


def own() -> ChangesPage:
    return replace(none(), waiting=[replace(_ruleset(), proposed_by="olivia", is_own=True)])


def none() -> ChangesPage:
    return ChangesPage(
        waiting=[],
        decided=[
            _decided(Proposed.PLANS, ProposalState.CONFIRMED, "otto", days=2),
            _decided(
                Proposed.RULESET,
                ProposalState.REJECTED,
                "otto",
                days=9,
                reason="The database pool is split by storage since October; this takes it back.",
            ),
            _decided(Proposed.RULESET, ProposalState.WITHDRAWN, "olivia", days=16),
        ],
        silent=[],
        may_decide=True,
        problem="",
    )


def _ruleset() -> WaitingChange:
    pool = FieldChange("drivers", "signal: nat_bytes", "signal: nat_requests")
    rule = [
        FieldChange("when", "", "service: AWSSupportBusiness"),
        FieldChange("assign", "", "overhead: support"),
    ]
    return WaitingChange(
        service="attribution",
        id="0192f0c3-7a1e-7cc0-9d52-3f1c6f1a2b3c",
        title=TITLES[Proposed.RULESET],
        proposed_by="ada",
        proposed_at=_NOW - timedelta(hours=3, minutes=5),
        reach=reach_words(Proposed.RULESET, {"tenants": 12}),
        changes=EntryChanges(
            [
                EntryChange("rule", "support-is-overhead", "added", rule),
                EntryChange("pool", "nat", "changed", [pool]),
            ],
            0,
        ),
        unconfirmed=EntryChanges(
            [
                EntryChange(
                    "tenant",
                    "globex",
                    "changed",
                    [FieldChange("aliases", "", "gloobex; globex-eu")],
                )
            ],
            0,
        ),
        is_own=False,
    )


def _plans() -> WaitingChange:
    price = FieldChange(
        "components",
        *(
            value_words({"kind": "cost_plus", "name": "Cloud usage", "percent": percent})
            for percent in ("20", "25")
        ),
    )
    names = ("acme: acme, acme-eu from 2026-01-01", "initech: initech from 2026-03-01")
    return WaitingChange(
        service="invoicing",
        id="0192f0c3-7a1e-7cc0-9d52-3f1c6f1a2b3d",
        title=TITLES[Proposed.PLANS],
        proposed_by="ada",
        proposed_at=_NOW - timedelta(hours=3),
        reach=reach_words(Proposed.PLANS, {"customers": 640, "percent": "4.17"}),
        changes=EntryChanges(
            [EntryChange("contract", name, "changed", [price]) for name in names], 638
        ),
        unconfirmed=_NOTHING,
        is_own=False,
    )


def _decided(
    subject: Proposed, state: ProposalState, by: str, *, days: int, reason: str = ""
) -> DecidedChange:
    return DecidedChange(
        title=TITLES[subject],
        proposed_by="olivia",
        proposed_at=_NOW - timedelta(days=days, hours=4),
        state_label=STATES[state],
        decided_by=by,
        decided_at=_NOW - timedelta(days=days),
        reason=reason,
    )
