"""Changes that wait for a second person: how each stands, and why a step of one is refused."""

from enum import StrEnum


class ProposalState(StrEnum):
    """Of all but the first, somebody has decided; `outdated` is what another change went past."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    OUTDATED = "outdated"


class ProposalRefusal(StrEnum):
    OWN_CHANGE = "own_change"
    NOT_WAITING = "not_waiting"
    CHANGED_SINCE = "changed_since"
    ANOTHER_WAITS = "another_waits"


class Proposed(StrEnum):
    """What a proposal changes."""

    RULESET = "ruleset"
    PERIOD_RULESET = "period_ruleset"
    PLANS = "plans"
