"""The concrete outbox of the service that this process is."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection


def outbox() -> Any:
    return apps.get_model(settings.SERVICE_NAME, "Outbox")


def on_outbox(sql: str) -> str:
    """A fixed statement with the outbox' own name in the place of `{table}`."""
    return sql.format(table=connection.ops.quote_name(outbox()._meta.db_table))  # noqa: SLF001
