from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from services.portal.gateways.invoicing import PlanPrice, check_prices
from services.portal.models import User
from services.portal.queries.plan_prices import read_plan_prices
from services.portal.views.access import for_roles
from services.portal.views.asked import asked_period
from services.portal.views.show import show
from shared.audit.declared import READ
from shared.periods import Month
from shared.vocabulary.roles import OPERATORS


@for_roles(*OPERATORS, audit=READ)
@require_safe
def tenant_plans(request: HttpRequest, key: str) -> HttpResponse:
    calendar, month = asked_period(request)
    user = request.user
    if not isinstance(user, User):
        raise Http404
    actor = user.actor

    def check(
        tenant: str, period: Month, costs: Mapping[str, Decimal], currency: str
    ) -> Sequence[PlanPrice]:
        return check_prices(
            tenant=tenant,
            period=str(period),
            currency=currency,
            costs=costs,
            actor=actor,
            now=datetime.now(UTC),
        )

    page = read_plan_prices(key, month, check, state=calendar.state_of(month))
    if page is None:
        raise Http404
    return show(request, page)
