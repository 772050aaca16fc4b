"""Probes: `/livez` asks nobody, `/readyz` asks the database; neither tells whose data is here."""

from typing import Final

from django.conf import settings
from django.db import DatabaseError, connections
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from shared.audit.declared import NotAudited, declare

PROBES: Final = frozenset({"/livez", "/readyz"})
_PROBE = NotAudited("it is asked all the time, and tells of nobody")


def livez(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok", "service": settings.SERVICE_NAME})


def readyz(_request: HttpRequest) -> JsonResponse:
    try:
        for connection in connections.all():
            with connection.cursor() as cursor:
                cursor.execute("select 1")
    except DatabaseError:
        return JsonResponse({"status": "database unreachable"}, status=503)
    return JsonResponse({"status": "ok", "service": settings.SERVICE_NAME})


# Whatever the method: to refuse a form is to ask whose session it is, and a probe asks nobody.
urlpatterns: list[URLPattern] = [
    path("livez", declare(_PROBE, csrf_exempt(livez)), name="livez"),
    path("readyz", declare(_PROBE, csrf_exempt(readyz)), name="readyz"),
]
