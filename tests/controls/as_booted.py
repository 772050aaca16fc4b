"""A running stack put back to what it was after its start: databases, broker, S3, stand-in.

Starting a stack takes longer than a close in it, so controls share one. Its processes run
on meanwhile; what they keep in memory doesn't outlive a row.
"""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import boto3
import psycopg
import redis
from psycopg import sql

from deploy.local.provision import BUCKETS
from deploy.local.stack import Stack
from tests.system.close_run import SERVICES

_LOCK_SECONDS: Final = 5
_TRIES: Final = 12
_SQLITE_SECONDS: Final = 30


@dataclass(frozen=True)
class AsBooted:
    """By database and table, the rows that are there before anybody has done anything."""

    stack: Stack
    rows: dict[str, dict[str, bytes]] = field(default_factory=dict)

    @classmethod
    def of(cls, stack: Stack) -> "AsBooted":
        booted = cls(stack)
        for service in SERVICES:
            with booted._connect(service) as connection:
                tables = booted._tables(connection)
                booted.rows[service] = {name: _read(connection, name) for name in tables}
        with booted._stripe() as store, booted._stripe_as_booted() as copy:
            store.backup(copy)
        return booted

    def restore(self) -> None:
        """Facts that are still on their way are lost with the broker, before anybody has them."""
        with closing(redis.Redis.from_url(self.stack.servers.redis_url)) as broker:
            broker.flushall()
            for service in SERVICES:
                self._restore_database(service)
            broker.flushall()
        self._empty_buckets()
        with self._stripe() as store, self._stripe_as_booted() as copy:
            copy.backup(store)

    def _restore_database(self, service: str) -> None:
        """Again where a process that looks for work holds a table."""
        for turn in range(_TRIES):
            try:
                with self._connect(service) as connection:
                    # No trigger: append-only tables are emptied too.
                    connection.execute("SET session_replication_role = replica")
                    connection.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'")
                    names = [sql.Identifier(name) for name in self.rows[service]]
                    connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names)))
                    for name, rows in self.rows[service].items():
                        _write(connection, name, rows)
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                if turn == _TRIES - 1:
                    raise
                time.sleep(0.2)
            else:
                return

    def _empty_buckets(self) -> None:
        access = self.stack.servers.s3
        storage = boto3.resource(
            "s3",
            endpoint_url=access.endpoint_url,
            aws_access_key_id=access.access_key,
            aws_secret_access_key=access.secret_key,
            region_name="us-east-1",
        )
        for bucket in BUCKETS:
            storage.Bucket(bucket).objects.all().delete()

    def _connect(self, service: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self.stack.servers.postgres_url.rsplit("/", 1)[0] + f"/{service}")

    def _tables(self, connection: psycopg.Connection[Any]) -> list[str]:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        return [name for (name,) in connection.execute(query).fetchall()]

    def _stripe(self) -> closing[sqlite3.Connection]:
        """The stand-in reads its file anew with each request."""
        folder: Path = self.stack.servers.home.data / "stripe"
        (file,) = folder.glob("*.sqlite3")
        return closing(sqlite3.connect(file, timeout=_SQLITE_SECONDS))

    def _stripe_as_booted(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(self.stack.servers.home.data / "stripe-as-booted.sqlite3"))


def _read(connection: psycopg.Connection[Any], table: str) -> bytes:
    query = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        return b"".join(bytes(block) for block in copy)


def _write(connection: psycopg.Connection[Any], table: str, rows: bytes) -> None:
    if not rows:
        return
    query = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.write(rows)
