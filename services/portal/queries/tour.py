"""The five stops of the demo's tour: who looks, at what, and what there is to see.

A stop's words name nobody, for they stand on a customer's page too; its address is looked up only
when somebody goes there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.db.models import F, Q
from django.urls import reverse

from services.portal.models import PeriodSummary, StaffInvoice, TenantMargin, User
from services.portal.pages.frame import TourStop
from services.portal.queries.margin_totals import current_margins
from shared.vocabulary.invoice_states import State
from shared.vocabulary.roles import CUSTOMERS, OPERATORS, Role


@dataclass(frozen=True)
class Stop(TourStop):
    """`roles` are tried in order: the first person who has one is who looks."""

    roles: Sequence[str]


# Who may do most goes first.
_OPERATORS: Final = tuple(reversed(OPERATORS))
STOPS: Final = (
    Stop(
        1,
        "A tenant that loses money",
        "Every tenant of the closed month, worst margin first. The bar above the table proves that"
        " the parts are the whole bill.",
        _OPERATORS,
    ),
    Stop(
        2,
        "Why it does",
        "What this tenant cost, by what and day by day. One shared pool has grown since one day of"
        " the month: the traffic through the NAT gateways.",
        _OPERATORS,
    ),
    Stop(
        3,
        "What would fix it",
        "The same month under every plan. The flat fee does not cover the traffic; a plan that"
        " follows the cost does. The lines to change are below the table.",
        _OPERATORS,
    ),
    Stop(
        4,
        "Review and approve",
        "The clerk presses Send to review, the approver Approve, the clerk Issue through Stripe:"
        " change the person above in between. It goes to the Stripe stand-in and comes back with"
        " its number.",
        (Role.BILLING_CLERK,),
    ),
    Stop(
        5,
        "What the customer sees",
        "Its own invoices and nothing of anybody else's; cost only where its contract is open-book,"
        " and the margin never.",
        tuple(reversed(CUSTOMERS)),
    ),
)


def stop_at(number: int) -> Stop | None:
    return next((stop for stop in STOPS if stop.number == number), None)


def person_for(stop: Stop) -> User | None:
    people = User.objects.filter(is_active=True).order_by("name")
    people_of_roles = (people.filter(role=role).first() for role in stop.roles)
    return next((person for person in people_of_roles if person is not None), None)


def address_of(stop: Stop) -> str:
    """Where the stop is, as the read models stand now; the person's home where nothing is there."""
    period = _closed_period()
    loser = _loser(period)
    if period is None or loser is None:
        return reverse("portal:home")
    month = urlencode({"period": period})
    if stop.number == 1:
        return f"{reverse('portal:margins')}?{month}&sort=margin"
    if stop.number == 2:  # noqa: PLR2004 - the stops are numbered
        return f"{reverse('portal:tenant', args=[loser.tenant])}?{month}"
    if stop.number == 3:  # noqa: PLR2004
        return f"{reverse('portal:tenant_plans', args=[loser.tenant])}?{month}"
    if stop.number == 4:  # noqa: PLR2004
        return _waiting_invoice(period)
    return reverse("portal:home")


def _closed_period() -> str | None:
    """The last one that was closed with drafts behind it, else the last one that was attributed."""
    periods = PeriodSummary.objects.exclude(run_id="").order_by("-period")
    closed = periods.filter(closed_at__isnull=False).first() or periods.first()
    return closed.period if closed is not None else None


def _loser(period: str | None) -> TenantMargin | None:
    known = current_margins().filter(period=period, revenue__isnull=False)
    return known.annotate(margin=F("revenue") - F("cost")).order_by("margin", "tenant").first()


def _waiting_invoice(period: str) -> str:
    """The largest draft, one that nothing has restated first; else the inbox."""
    drafts = StaffInvoice.objects.filter(period=period, state=State.DRAFT).order_by("-total")
    is_restated = Q(restated_by__isnull=False) & ~Q(restated_by=0)
    draft = drafts.exclude(is_restated).first() or drafts.first()
    if draft is None:
        return reverse("portal:invoices")
    return reverse("portal:invoice", args=[draft.invoice_id])
