"""Real servers for a suite: started when its conftest is imported, stopped when pytest ends.

Each suite is one service's Django project, so its settings are chosen here, before Django reads
them. Tests run as the service's own login: no superuser, no right to bypass row-level security.
"""

import atexit
import contextlib
import os
import tempfile
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

import django
import pytest

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
    os.environ["TRUEBACK_ENVIRONMENT"] = "test"
    os.environ["TRUEBACK_LOG_LEVEL"] = "WARNING"
    os.environ["DJANGO_SETTINGS_MODULE"] = f"services.{service}.config.settings"
    django.setup()
    _running.append(servers)


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
    TransactionTestCase._fixture_teardown = lambda _self: _empty_tables()


@pytest.fixture
def as_staff(db: None) -> Iterator[None]:
    from shared.isolation.scope import as_ops  # noqa: PLC0415

    with as_ops():
        yield


def _empty_tables() -> None:
    """What Django's flush does, by the owner: nobody else may truncate."""
    from django.db import connection  # noqa: PLC0415

    from shared.isolation.roles import become_owner  # noqa: PLC0415

    with connection.cursor() as cursor:
        become_owner(connection)
        tables = [
            connection.ops.quote_name(name)
            for name in connection.introspection.table_names(cursor)
            if name != "django_migrations"
        ]
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        cursor.execute("RESET ROLE")
