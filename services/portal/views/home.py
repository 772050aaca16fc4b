from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from services.portal.models import User
from services.portal.views.access import for_roles, home_of
from shared.audit.declared import READ
from shared.vocabulary.roles import CUSTOMERS, STAFF

_ANYBODY: Final = (*STAFF, *CUSTOMERS)


@for_roles(*_ANYBODY, audit=READ)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user = request.user
    return home_of(user) if isinstance(user, User) else redirect("portal:sign_in")
