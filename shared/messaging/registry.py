"""The concrete outbox and inbox of the service that this process is."""

from typing import Any

from django.apps import apps
from django.conf import settings


def outbox() -> Any:
    return apps.get_model(settings.SERVICE_NAME, "Outbox")


def inbox() -> Any:
    return apps.get_model(settings.SERVICE_NAME, "Inbox")


def inbox_failures() -> Any:
    return apps.get_model(settings.SERVICE_NAME, "InboxFailures")
