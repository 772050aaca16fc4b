"""The one door to the database: a transaction, a role and a subject, set together and restored.

Nothing outside these context managers can read or write a table (see `roles`). Row-level security
compares the subject with each row's `customer_id` or `tenant_id`, so that no query has to filter by
it, and none can forget to.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

from shared.isolation.roles import Role, role_name

SUBJECT_SETTING: Final = "app.subject"


@contextmanager
def as_subject(subject: str) -> Iterator[None]:
    """Rows of one customer (invoicing, portal) or one tenant (attribution), nobody else's."""
    if not subject:
        raise ValueError("a scope without a subject would see nothing")
    with _scope("app", subject):
        yield


@contextmanager
def as_ops() -> Iterator[None]:
    """Rows of all customers: for staff, jobs and the bus; never for a customer's request."""
    with _scope("ops", ""):
        yield


@contextmanager
def _scope(role: Role, subject: str) -> Iterator[None]:
    with transaction.atomic():
        before = _current()
        _enter(role_name(role), subject)
        yield
        # A rollback of the savepoint restores both; after success nothing else would.
        if not connection.needs_rollback:
            _enter(*before)


def _current() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select current_setting('role'), coalesce(current_setting(%s, true), '')",
            [SUBJECT_SETTING],
        )
        role, subject = cursor.fetchone()
    return role, subject


def _enter(role: str, subject: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config('role', %s, true), set_config(%s, %s, true)",
            [role, SUBJECT_SETTING, subject],
        )
