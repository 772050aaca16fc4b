"""What many tests of a suite begin with: done once, then its rows and objects are put there again.

An isolated copy for each: rows come to empty tables, and of the lake each object is as it was when
it was recorded, and no other is there. So nothing that a test spoils is seen by the next.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import Final

from psycopg import sql

from deploy.local.provision import LAKE_BUCKET
from shared.lake.storage import Storage
from tests.service_stack import administrator, empty_tables, tables

_LAKE: Final = f"s3://{LAKE_BUCKET}/"
# Of a table that numbers its rows itself.
_SEQUENCE: Final = """
    SELECT (
        SELECT pg_get_serial_sequence(%s, column_name) FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = %s AND column_name = 'id'
    )
"""


@dataclass(frozen=True)
class _Recording:
    rows: dict[str, bytes]
    objects: dict[str, bytes]


_recordings: dict[Callable[[Storage, Path], None], _Recording] = {}


def record_once(record: Callable[[Storage, Path], None], storage: Storage, folder: Path) -> None:
    """For tests with `transactional_db`; `record` commits, and may write to `folder`."""
    if record in _recordings:
        _put_objects(storage, _recordings[record].objects)
        _put_rows(_recordings[record].rows)
        return
    empty_tables()
    _put_objects(storage, {})
    record(storage, folder)
    _recordings[record] = _Recording(
        rows={table: rows for table in tables() if (rows := _rows_of(table))},
        objects={each.uri: storage.read(each.uri) for each in storage.list(_LAKE)},
    )


_recorded_rows: dict[Hashable, dict[str, bytes]] = {}


def record_rows_once(key: Hashable, record: Callable[[], None]) -> None:
    """The same of rows alone, in tables that are empty; `key` tells one recording from another."""
    if key in _recorded_rows:
        _put_rows(_recorded_rows[key])
        return
    record()
    _recorded_rows[key] = {table: rows for table in tables() if (rows := _rows_of(table))}


def _rows_of(table: str) -> bytes:
    query = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))
    with administrator().cursor().copy(query) as copy:
        return b"".join(bytes(part) for part in copy)


def _put_rows(recorded: dict[str, bytes]) -> None:
    for table, rows in recorded.items():
        query = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
        with administrator().cursor().copy(query) as copy:
            copy.write(rows)
        _go_on_counting(table)


def _go_on_counting(table: str) -> None:
    """A test may have begun its numbers anew: what comes next is newer than what was put there."""
    sequence = _sequence_of(table)
    if sequence is not None:
        query = sql.SQL("SELECT setval({}, greatest(max(id), nextval({}))) FROM {}")
        parts = sql.Literal(sequence), sql.Literal(sequence), sql.Identifier(table)
        administrator().execute(query.format(*parts))


@cache
def _sequence_of(table: str) -> str | None:
    [[sequence]] = administrator().execute(_SEQUENCE, [table, table]).fetchall()
    return sequence


def _put_objects(storage: Storage, recorded: dict[str, bytes]) -> None:
    """What is as it was stays; S3 says so by the digest of a small object."""
    there = {each.uri: each.etag.strip('"') for each in storage.list(_LAKE)}
    for uri in there.keys() - recorded.keys():
        storage._client.delete_object(Bucket=LAKE_BUCKET, Key=uri.removeprefix(_LAKE))
    for uri, content in recorded.items():
        if there.get(uri) != md5(content, usedforsecurity=False).hexdigest():
            storage.write(content, uri)
