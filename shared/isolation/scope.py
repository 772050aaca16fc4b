"""The one door to the database: login, transaction, role and subject, set together and restored.

Customers' requests have a login of their own, which reaches no other role, so that nothing that one
of them makes a query say can become the staff's or the owner's. Nothing outside these context
managers can read or write a table (see `roles`). Row-level security compares the subject with each
row's `customer_id` or `tenant_id`, so that no query has to filter by it, and none can forget to.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from shared.faults import BadConfiguration
from shared.isolation.roles import Role, role_name

SUBJECT_SETTING: Final = "app.subject"
_database: ContextVar[str] = ContextVar("database", default=DEFAULT_DB_ALIAS)


class ByScope:
    """Django's router: a query goes where the scope around it is."""

    def db_for_read(self, _model: Any, **_hints: Any) -> str:
        return _database.get()

    def db_for_write(self, _model: Any, **_hints: Any) -> str:
        return _database.get()

    def allow_relation(self, _one: Any, _other: Any, **_hints: Any) -> bool:
        """Both connections are of one database."""
        return True


def scope_connection() -> BaseDatabaseWrapper:
    """The connection of the scope around, for statements that no model makes."""
    return connections[_database.get()]


def undo_scope() -> None:
    """What the scope around has written is rolled back when it ends."""
    transaction.set_rollback(True, using=_database.get())


@contextmanager
def as_subject(subject: str) -> Iterator[None]:
    """Rows of one customer (invoicing, portal) or one tenant (attribution), nobody else's.

    `subject` is a token of `shared.auth.subjects`, which the database itself checks: it shows no
    row for one that it can't verify. Raises BadConfiguration in a process without that login.
    """
    if not subject:
        raise ValueError("a scope without a subject would see nothing")
    with _scope("app", subject, _customers()):
        yield


@contextmanager
def as_ops() -> Iterator[None]:
    """Rows of all customers: for staff, jobs and the bus; never for a customer's request."""
    with _scope("ops", "", DEFAULT_DB_ALIAS):
        yield


def _customers() -> str:
    if settings.CUSTOMERS_DATABASE is None:
        raise BadConfiguration(
            "this process has no login for customers' requests.",
            field="TRUEBACK_DATABASE_URL",
            remedy="Give it to the processes that answer over HTTP.",
        )
    database: str = settings.CUSTOMERS_DATABASE
    return database


@contextmanager
def _scope(role: Role, subject: str, database: str) -> Iterator[None]:
    outer = _database.set(database)
    try:
        with transaction.atomic(using=database):
            before = _current()
            _enter(role_name(role), subject)
            yield
            # A rollback of the savepoint restores both; after success nothing else would.
            if not connections[database].needs_rollback:
                _enter(*before)
    finally:
        _database.reset(outer)


def _current() -> tuple[str, str]:
    with scope_connection().cursor() as cursor:
        cursor.execute(
            "select current_setting('role'), coalesce(current_setting(%s, true), '')",
            [SUBJECT_SETTING],
        )
        role, subject = cursor.fetchone()
    return role, subject


def _enter(role: str, subject: str) -> None:
    with scope_connection().cursor() as cursor:
        cursor.execute(
            "select set_config('role', %s, true), set_config(%s, %s, true)",
            [role, SUBJECT_SETTING, subject],
        )
