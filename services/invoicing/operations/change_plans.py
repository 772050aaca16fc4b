"""Plans and contracts as what one person proposes and, where it reaches far, another confirms."""

import hashlib
import json
from typing import Final

from django.conf import settings

from services.invoicing.domain.terms_reach import Terms, entries, reach
from services.invoicing.models import Customer, PlansApplication
from services.invoicing.operations.apply_plans import apply_plans, check_plans
from services.invoicing.queries.commercial_terms import terms_in_force, terms_of
from shared.configuration import Configuration, parse_configuration
from shared.proposals.difference import differences, without
from shared.proposals.propose import Applied, Changeable, Measured
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.proposals import Proposed


def _measure(proposed: Configuration) -> Measured:
    """The first customers are nobody's change: nobody was billed by anything else."""
    check_plans(proposed)
    after, in_force = terms_of(proposed), terms_in_force()
    digest, base = _digest(after), _digest(in_force)
    if digest == base or not Customer.objects.exists():
        return Measured(digest, base, is_within=True)
    agreed = _agreed(in_force)
    measured = reach(agreed, after)
    environment = settings.ENVIRONMENT
    changes = differences(entries(in_force), entries(after))
    return Measured(
        digest,
        base,
        is_within=measured.is_within(
            customers=environment.second_person_above_customers,
            percent=environment.second_person_above_percent,
        ),
        reach=measured.as_data(),
        changes=changes,
        unconfirmed=without(differences(entries(agreed), entries(after)), changes),
    )


def _agreed(in_force: Terms) -> Terms:
    """What two people have last agreed on, or what was there before anybody was asked to."""
    newest = PlansApplication.objects.filter(is_agreed=True).order_by("-pk").first()
    return in_force if newest is None else newest.terms or {}


def _base(_proposed: Configuration) -> str:
    return _digest(terms_in_force())


def _put_in_force(
    configuration: Configuration, content: str, *, applied_by: str, confirmed_by: str
) -> Applied:
    digest = apply_plans(
        content=content,
        applied_by=applied_by,
        confirmed_by=confirmed_by,
        configuration=configuration,
    )
    return Applied(digest, answer={"digest": digest})


def _digest(terms: Terms) -> str:
    return hashlib.sha256(json.dumps(terms, sort_keys=True).encode()).hexdigest()


PLANS: Final = Changeable(
    subject=Proposed.PLANS,
    action=AuditAction.PLANS_APPLIED,
    read=parse_configuration,
    measure=_measure,
    base=_base,
    put_in_force=_put_in_force,
)
