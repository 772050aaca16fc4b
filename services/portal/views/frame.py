"""The context processor `frame`: navigation, period and person on every signed-in page."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from services.portal.domain.labels import role_label
from services.portal.models import User
from services.portal.queries.calendar import read_freshness
from services.portal.queries.seller import seller_for_customer, seller_for_staff
from services.portal.views.access import BILLING
from services.portal.views.asked import asked_period
from services.portal.views.demo import demo_frame

# Pages that show one month of everything; the others belong to one thing and have no picker.
_WITH_PERIODS: Final = frozenset(
    {"overview", "margins", "tenant", "tenant_plans", "pools", "invoices"}
)
_OPERATOR_SECTIONS: Final = ("overview", "margins", "pools", "close", "invoices")
_SECTIONS: Final = {
    "overview": "overview",
    "margins": "margins",
    "tenant": "margins",
    "tenant_plans": "margins",
    "pools": "pools",
    "close": "close",
    "close_period": "close",
    "invoices": "invoices",
    "invoice": "invoices",
    "invoice_action": "invoices",
    "customer_home": "home",
    "customer_breakdown": "home",
    "customer_invoice": "home",
}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Nothing for strangers: sign-in and errors have no frame."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    page = request.resolver_match.url_name if request.resolver_match else ""
    shown = {
        "home_url": reverse("portal:home"),
        "environment": settings.ENVIRONMENT.environment,
        "demo": demo_frame(request, user),
        "section": _SECTIONS.get(page or "", ""),
        "user": {
            "name": user.full_name,
            "email": user.name,
            "role_label": role_label(user.role),
        },
    }
    return {"frame": shown | (_for_customer() if user.customer else _for_staff(request, user))}


def _for_customer() -> dict[str, Any]:
    return {
        "organisation": seller_for_customer(),
        "sections": ("home",),
        **_no_period(),
    }


def _for_staff(request: HttpRequest, user: User) -> dict[str, Any]:
    common = {
        "organisation": seller_for_staff(),
        "sections": ("invoices",) if user.role in BILLING else _OPERATOR_SECTIONS,
    }
    match = request.resolver_match
    if match is None or match.url_name not in _WITH_PERIODS:
        return common | _no_period()
    calendar, month = asked_period(request)
    return common | {
        "periods": calendar.periods,
        "period": month,
        "earlier": calendar.earlier(month),
        "later": calendar.later(month),
        "freshness": read_freshness(calendar, month),
    }


def _no_period() -> dict[str, Any]:
    return {"periods": (), "period": None, "earlier": None, "later": None, "freshness": None}
