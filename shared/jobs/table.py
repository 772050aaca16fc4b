"""The concrete table of jobs of the service that this process is."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection


def jobs() -> Any:
    return apps.get_model(settings.SERVICE_NAME, "Job")


def on_jobs(statement: str) -> str:
    """A statement of ours, with the service's own table of jobs for `{table}`."""
    return statement.format(table=connection.ops.quote_name(jobs()._meta.db_table))  # noqa: SLF001
