"""The context processor `frame`: navigation, period and person on every signed-in page."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from services.portal.domain.labels import role_label
from services.portal.models import User
from services.portal.pages.frame import Frame, Person, Section
from services.portal.queries.calendar import read_freshness
from services.portal.queries.seller import seller_for_customer, seller_for_staff
from services.portal.views.asked import asked_period
from services.portal.views.demo import demo_frame
from shared.vocabulary.roles import ADMINISTRATORS, ANALYSTS, BILLING

# Pages that show one month of everything; the others belong to one thing and have no picker.
_WITH_PERIODS: Final = frozenset(
    {"overview", "margins", "tenant", "tenant_plans", "pools", "invoices"}
)
_OPERATOR_SECTIONS: Final[tuple[Section, ...]] = (
    "overview",
    "margins",
    "pools",
    "close",
    "invoices",
    "sources",
)
_SECTIONS: Final[Mapping[str, Section]] = {
    "overview": "overview",
    "margins": "margins",
    "tenant": "margins",
    "tenant_plans": "margins",
    "pools": "pools",
    "close": "close",
    "close_period": "close",
    "reattribute_period": "close",
    "invoices": "invoices",
    "invoice": "invoices",
    "invoice_action": "invoices",
    "fix_invoice": "invoices",
    "take_route": "invoices",
    "credit_action": "invoices",
    "corrections": "invoices",
    "approve_close": "invoices",
    "note_action": "invoices",
    "sources": "sources",
    "new_source": "sources",
    "source": "sources",
    "source_action": "sources",
    "delivery": "sources",
    "delivery_action": "sources",
    "changes": "changes",
    "decide_change": "changes",
    "health": "health",
    "move_trouble": "health",
    "audit": "audit",
    "customer_account": "invoices",
    "account": "home",
    "customer_home": "home",
    "customer_breakdown": "home",
    "customer_invoice": "home",
}


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Nothing for strangers: sign-in and errors have no frame."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    page = request.resolver_match.url_name if request.resolver_match else ""
    shown = Frame(
        home_url=reverse("portal:home"),
        organisation=seller_for_customer() if user.customer else seller_for_staff(),
        environment=settings.ENVIRONMENT.environment,
        sections=_sections(user),
        section=_SECTIONS.get(page or "", ""),
        user=Person(user.full_name, user.name, role_label(user.role)),
        demo=demo_frame(request, user),
    )
    if user.customer or page not in _WITH_PERIODS:
        return {"frame": shown}
    calendar, month = asked_period(request)
    if page == "invoices" and not request.GET.get("period", ""):
        months = [known.month for known in calendar.periods]
        return {"frame": replace(shown, periods=months, may_be_all=True)}
    with_period = replace(
        shown,
        periods=[known.month for known in calendar.periods],
        period=month,
        earlier=calendar.earlier(month),
        later=calendar.later(month),
        freshness=read_freshness(calendar, month),
        may_be_all=page == "invoices",
    )
    return {"frame": with_period}


def _sections(user: User) -> tuple[Section, ...]:
    if user.customer:
        return ("home",)
    if user.role in BILLING:
        return ("invoices",)
    analysts: tuple[Section, ...] = ("changes", "health") if user.role in ANALYSTS else ()
    audit: tuple[Section, ...] = ("audit",) if user.role in ADMINISTRATORS else ()
    return (*_OPERATOR_SECTIONS, *analysts, *audit)
