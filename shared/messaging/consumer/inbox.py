"""The concrete inbox of the service that this process is."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection


def inbox() -> Any:
    return apps.get_model(settings.SERVICE_NAME, "Inbox")


def inbox_failures() -> Any:
    return apps.get_model(settings.SERVICE_NAME, "InboxFailures")


def on_inbox(sql: str) -> str:
    """A fixed statement with the inbox' own name in the place of `{table}`."""
    return sql.format(table=connection.ops.quote_name(inbox()._meta.db_table))  # noqa: SLF001
