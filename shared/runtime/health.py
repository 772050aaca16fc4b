"""Probes: `/livez` asks nobody, `/readyz` asks the database; neither tells whose data is here."""

from django.conf import settings
from django.db import DatabaseError, connections
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path


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


urlpatterns: list[URLPattern] = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
]
