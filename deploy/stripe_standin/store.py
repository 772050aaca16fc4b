"""All state in one SQLite file: each request is one transaction, so a kill -9 leaves no half."""

import contextlib
import json
import secrets
import sqlite3
import string
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from deploy.stripe_standin.errors import missing

Body = dict[str, Any]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS object (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL,
    parent TEXT NOT NULL, status TEXT NOT NULL, created INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS object_by_kind ON object (kind, position);
CREATE INDEX IF NOT EXISTS object_by_parent ON object (parent, kind, position);
CREATE TABLE IF NOT EXISTS answer (
    key TEXT PRIMARY KEY, digest TEXT NOT NULL, created INTEGER NOT NULL,
    status INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, endpoint TEXT NOT NULL,
    due_at REAL NOT NULL, attempts INTEGER NOT NULL, state TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, due_at);
CREATE INDEX IF NOT EXISTS delivery_by_event ON delivery (event);
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, method TEXT NOT NULL,
    pattern TEXT NOT NULL, skip INTEGER NOT NULL, times INTEGER NOT NULL, seconds REAL NOT NULL);
CREATE TABLE IF NOT EXISTS call (
    id INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL, route TEXT NOT NULL,
    status INTEGER NOT NULL, key TEXT, replayed INTEGER NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS violation (
    at REAL NOT NULL, subject TEXT NOT NULL, faults TEXT NOT NULL);
"""
_ALPHABET: Final = string.ascii_letters + string.digits
_IDENTIFIER_LENGTH: Final = 24


def new_identifier(prefix: str) -> str:
    random = "".join(secrets.choice(_ALPHABET) for _ in range(_IDENTIFIER_LENGTH))
    return f"{prefix}_{random}"


class Store:
    """Used from one thread; a transaction never waits for anything, so none interleave."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def execute(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        return self._connection.execute(statement, values).fetchall()

    def now(self) -> int:
        """Unix seconds on the stand-in's own clock, which a test can put forward."""
        return int(time.time() + float(self.setting("clock_offset", "0")))

    def setting(self, name: str, default: str) -> str:
        rows = self.execute("SELECT value FROM setting WHERE name = ?", name)
        return rows[0]["value"] if rows else default

    def set_setting(self, name: str, value: str) -> None:
        statement = (
            "INSERT INTO setting VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
        )
        self.execute(statement, name, value)

    def add(self, body: Body, *, parent: str = "") -> None:
        self.execute(
            "INSERT INTO object (id, kind, parent, status, created, body) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            body["id"],
            body["object"],
            parent,
            body.get("status") or "",
            body.get("created", 0),
            json.dumps(body),
        )

    def put(self, body: Body) -> None:
        statement = "UPDATE object SET body = ?, status = ? WHERE id = ?"
        self.execute(statement, json.dumps(body), body.get("status") or "", body["id"])

    def get(self, kind: str, identifier: str, *, param: str = "id", status: int = 404) -> Body:
        rows = self.execute("SELECT body FROM object WHERE id = ? AND kind = ?", identifier, kind)
        if not rows:
            raise missing(kind, identifier, param=param, status=status)
        return _load(rows[0])

    def children(self, parent: str, kind: str, *, limit: int = -1) -> list[Body]:
        statement = (
            "SELECT body FROM object WHERE parent = ? AND kind = ? ORDER BY position LIMIT ?"
        )
        return [_load(row) for row in self.execute(statement, parent, kind, limit)]

    def count(self, parent: str, kind: str) -> int:
        statement = "SELECT count(*) AS n FROM object WHERE parent = ? AND kind = ?"
        return int(self.execute(statement, parent, kind)[0]["n"])

    def every(self, kind: str) -> list[Body]:
        statement = "SELECT body FROM object WHERE kind = ? ORDER BY position"
        return [_load(row) for row in self.execute(statement, kind)]

    def delete(self, identifier: str) -> None:
        self.execute("DELETE FROM object WHERE id = ? OR parent = ?", identifier, identifier)


def _load(row: sqlite3.Row) -> Body:
    body: Body = json.loads(row["body"])
    return body
