"""Real servers for a suite: started when its conftest is imported, stopped when pytest ends.

Each suite is one service's Django project, so its settings are chosen here, before Django reads
them. Tests run as a login without rights of its own: no superuser, none to bypass row security.
"""

import atexit
import contextlib
import os
import tempfile
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg
import pytest
from psycopg import sql

from deploy.local import provision
from deploy.local.credentials import DATABASE_ROLES
from deploy.local.servers import Servers, start_servers

_running: list[Servers] = []


def running_servers() -> Servers:
    return _running[0]


def use_service(service: str, *, only: AbstractSet[str] = frozenset({"postgres"})) -> None:
    """Start the servers and become the service: environment, settings, database."""
    running = contextlib.ExitStack()
    atexit.register(running.close)
    home = running.enter_context(tempfile.TemporaryDirectory(prefix=f"trueback-{service}-"))
    Path(home).chmod(0o755)
    servers = running.enter_context(start_servers(Path(home), only=only))
    os.environ.update(servers.service_environment(service))
    os.environ.update(servers.documents_environment(service))
    os.environ["TRUEBACK_DATABASE_OPS_URL"] = _login_of_all_roles(servers, service)
    os.environ["TRUEBACK_SUBJECT_KEYS_FILE"] = str(servers.credentials.subject_keys_file)
    os.environ["TRUEBACK_LOG_LEVEL"] = "WARNING"
    os.environ["DJANGO_SETTINGS_MODULE"] = f"services.{service}.config.settings"
    django.setup()
    _running.append(servers)


def _login_of_all_roles(servers: Servers, service: str) -> str:
    """One connection for staff, customers and fixtures, so that they share a transaction.

    `tests/isolation` has the logins that a stack has.
    """
    name = f"{service}_tests_login"
    roles = [f"{service}_{role}" for role in DATABASE_ROLES]
    with psycopg.connect(servers.postgres_url, autocommit=True) as admin:
        provision.create_login(admin, name, "tests", roles=roles)
        provision.admit(admin, service, [name])
    parts = urlsplit(servers.postgres_url)
    netloc = f"{name}:tests@{parts.netloc.rpartition('@')[2]}"
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{service}"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> None:
    """The service's own database, migrated by its own command, instead of a test database."""
    from django.core.management import call_command  # noqa: PLC0415 - after settings are chosen
    from django.db import connection  # noqa: PLC0415
    from django.test import TransactionTestCase  # noqa: PLC0415

    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
        connection.close()
    TransactionTestCase._fixture_teardown = lambda _self: empty_tables()


@pytest.fixture
def as_staff(db: None) -> Iterator[None]:
    from shared.isolation.scope import as_ops  # noqa: PLC0415

    with as_ops():
        yield


@pytest.fixture(autouse=True)
def health_of_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tables of a service tell: no suite starts its processes, nor all that they need."""
    from shared.health import read  # noqa: PLC0415

    monkeypatch.setattr(read, "dependency_troubles", lambda _probes, _now: iter(()))
    monkeypatch.setattr(read, "process_troubles", lambda _now, **_options: iter(()))


@cache
def administrator() -> psycopg.Connection:
    """Whom no policy, trigger or foreign key binds, in the service's database."""
    from django.conf import settings  # noqa: PLC0415 - after settings are chosen

    parts = urlsplit(running_servers().postgres_url)
    url = urlunsplit(parts._replace(path=f"/{settings.SERVICE_NAME}"))
    connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
    atexit.register(connection.close)
    connection.execute("SET session_replication_role = replica")
    return connection


def tables() -> list[str]:
    """Those that a test fills."""
    names = administrator().execute(
        "SELECT tablename FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename NOT IN ('django_migrations', 'subject_key')"
    )
    return [name for (name,) in names.fetchall()]


def empty_tables() -> None:
    """What Django's flush does. To truncate makes every table's files anew, which takes longer."""
    delete = sql.SQL("DELETE FROM {}")
    administrator().execute(
        sql.SQL(";").join(delete.format(sql.Identifier(table)) for table in tables())
    )
