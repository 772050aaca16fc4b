"""The ruleset as a thing that one person proposes and, where it reaches far, another confirms."""

from typing import Final

from django.conf import settings

from services.attribution.domain.ruleset_reach import entries, touched_tenants
from services.attribution.models import Ruleset, RulesetApplication
from services.attribution.operations.apply_ruleset import apply_ruleset
from services.attribution.queries.rulesets import readable_ruleset
from shared.configuration import Configuration, parse_configuration, ruleset_digest
from shared.proposals.difference import differences, without
from shared.proposals.propose import Applied, Changeable, Measured
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.proposals import Proposed


def _measure(proposed: Configuration) -> Measured:
    """The first ruleset is nobody's change: there is none that it could differ from."""
    digest = ruleset_digest(proposed)
    current = Ruleset.objects.filter(is_current=True).first()
    if current is None:
        return Measured(digest, base="", is_within=True)
    if current.digest == digest:
        return Measured(digest, base=digest, is_within=True)
    in_force = readable_ruleset(current)
    agreed_row = _agreed(current)
    agreed = in_force if agreed_row == current else readable_ruleset(agreed_row)
    if in_force is None or agreed is None:
        return Measured(digest, current.digest, is_within=False, reach={"tenants": None})
    tenants = touched_tenants(agreed, proposed)
    changes = differences(entries(in_force), entries(proposed))
    return Measured(
        digest,
        base=current.digest,
        is_within=tenants <= settings.ENVIRONMENT.second_person_above_tenants,
        reach={"tenants": tenants},
        changes=changes,
        unconfirmed=without(differences(entries(agreed), entries(proposed)), changes),
    )


def _agreed(current: Ruleset) -> Ruleset:
    """What two people have last agreed on, or what was there before anybody was asked to."""
    agreed = RulesetApplication.objects.filter(is_agreed=True).select_related("ruleset")
    newest = agreed.order_by("-pk").first()
    return newest.ruleset if newest else current


def _base(_proposed: Configuration) -> str:
    return Ruleset.objects.filter(is_current=True).values_list("digest", flat=True).first() or ""


def _put_in_force(
    configuration: Configuration, content: str, *, applied_by: str, confirmed_by: str
) -> Applied:
    before = Ruleset.objects.filter(is_current=True).first()
    ruleset = apply_ruleset(
        content=content,
        applied_by=applied_by,
        confirmed_by=confirmed_by,
        configuration=configuration,
    )
    return Applied(
        ruleset.digest,
        answer={"digest": ruleset.digest, "version": ruleset.version},
        details={
            "version": ruleset.version,
            "version_before": before.version if before else 0,
        },
    )


RULESET: Final = Changeable(
    subject=Proposed.RULESET,
    action=AuditAction.RULESET_APPLIED,
    read=parse_configuration,
    measure=_measure,
    base=_base,
    put_in_force=_put_in_force,
)
