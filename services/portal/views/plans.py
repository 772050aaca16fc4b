from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from services.portal.gateways.invoicing import PlanPrice, check_prices
from services.portal.models import User
from services.portal.queries.plan_prices import read_plan_prices
from services.portal.views.access import OPERATORS, for_roles
from services.portal.views.asked import asked_period
from shared.periods import Month


@for_roles(*OPERATORS)
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

    state = calendar.state_of(month)
    page = read_plan_prices(key, month, check, is_open=state == "open")
    if page is None:
        raise Http404
    context = {"period": month, "period_state": state, **page}
    return render(request, "portal/operator/plans.html", context)
