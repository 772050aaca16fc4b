"""Database migrations: run by each service's own command, skipped where nothing has changed.

Which migrations a database has seen is noted in the database itself, as its comment, so that the
note is true of whatever database is really there.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.local.servers import Servers

_NOTE: Final = "trueback migrations "
# A server that is there takes a connection at once, on a slow machine after a while.
_CONNECT_SECONDS: Final = 60


def migration_digest(root: Path, service: str, *, keys: bytes = b"") -> str:
    """Of every migration, what it could come from, and the keys that `migrate` puts there."""
    digest = hashlib.sha256(keys)
    for file in _migration_files(root, service):
        digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _migration_files(root: Path, service: str) -> Iterator[Path]:
    """Migrations may be built from shared code (roles, policies), so that is part of them."""
    yield from sorted((root / "services" / service / "migrations").rglob("*.py"))
    for folder in ("isolation", "messaging", "jobs"):
        yield from sorted((root / "shared" / folder).rglob("*.py"))


def is_migrated(servers: Servers, service: str, digest: str) -> bool:
    import psycopg  # noqa: PLC0415 - an extra; the command line starts without it

    statement = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    with psycopg.connect(
        servers.postgres_url, autocommit=True, connect_timeout=_CONNECT_SECONDS
    ) as admin:
        row = admin.execute(statement, [service]).fetchone()
    return row is not None and row[0] == _NOTE + digest


def note_migrated(servers: Servers, service: str, digest: str) -> None:
    import psycopg  # noqa: PLC0415

    statement = psycopg.sql.SQL("COMMENT ON DATABASE {} IS {}").format(
        psycopg.sql.Identifier(service), psycopg.sql.Literal(_NOTE + digest)
    )
    with psycopg.connect(
        servers.postgres_url, autocommit=True, connect_timeout=_CONNECT_SECONDS
    ) as admin:
        admin.execute(statement)
