"""A closed month by the current rules: one person asks for it, with a reason, another confirms.

With what was invoiced at stake, nobody does it alone, however little it moves.
"""

import json
from dataclasses import asdict, dataclass
from typing import Final

from services.attribution.domain.ruleset_reach import entries, touched_tenants
from services.attribution.models import Period, Ruleset
from services.attribution.queries.rulesets import readable_ruleset
from shared.digests import sha256_of_texts
from shared.faults import Fault
from shared.jobs.work import request_job
from shared.proposals.difference import differences
from shared.proposals.propose import Applied, Changeable, Measured
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.proposals import Proposed


@dataclass
class UnableToReattribute(Fault):
    """`code` is never_closed or same_rules."""

    code: str = ""


@dataclass(frozen=True)
class Reattribution:
    """What is asked for: `period` by the ruleset of `digest`, whatever is current by then."""

    period: str
    digest: str
    reason: str


def reattribution(period: str, reason: str) -> str:
    """The content of a proposal: the month by the current ruleset.

    Raises Period.DoesNotExist, and UnableToReattribute where the month goes by it already.
    """
    record = Period.objects.get(period=period)
    if record.ruleset_id is None:
        raise UnableToReattribute(
            f"{period} was never closed, so it goes by the current ruleset.",
            remedy="Apply a ruleset, and it is attributed by that.",
            code="never_closed",
        )
    current = Ruleset.objects.get(is_current=True)
    if current.digest == record.ruleset_id:
        raise UnableToReattribute(
            f"{period} goes by the current ruleset already.",
            remedy="Apply another ruleset first.",
            code="same_rules",
        )
    return json.dumps(asdict(Reattribution(period, current.digest, reason)))


def _read(content: str) -> Reattribution:
    return Reattribution(**json.loads(content))


def _measure(wanted: Reattribution) -> Measured:
    closed_by = Period.objects.select_related("ruleset").get(period=wanted.period).ruleset
    before = None if closed_by is None else readable_ruleset(closed_by)
    after = readable_ruleset(Ruleset.objects.get(digest=wanted.digest))
    return Measured(
        digest=sha256_of_texts(wanted.period, wanted.digest, wanted.reason),
        base=_base(wanted),
        is_within=False,
        reach={
            "period": wanted.period,
            "reason": wanted.reason,
            "tenants": touched_tenants(before, after) if before and after else None,
        },
        changes=differences(entries(before), entries(after)) if before and after else (),
    )


def _base(wanted: Reattribution) -> str:
    return Period.objects.get(period=wanted.period).ruleset_id or ""


def _put_in_force(
    wanted: Reattribution, _content: str, *, applied_by: str, confirmed_by: str
) -> Applied:
    """Attributed anew by a job; what then differs is a revision, with the rules as its cause."""
    before = _base(wanted)
    Period.objects.filter(period=wanted.period).update(ruleset=wanted.digest)
    request_job(kind="attribute_period", key=wanted.period, payload={"period": wanted.period})
    return Applied(
        wanted.period,
        answer={"digest": wanted.digest},
        details={
            "digest": wanted.digest,
            "digest_before": before,
            "reason": wanted.reason,
            "asked_by": applied_by,
            "confirmed_by": confirmed_by,
        },
    )


PERIOD_RULESET: Final = Changeable(
    subject=Proposed.PERIOD_RULESET,
    action=AuditAction.PERIOD_REATTRIBUTED,
    read=_read,
    measure=_measure,
    base=_base,
    put_in_force=_put_in_force,
)
