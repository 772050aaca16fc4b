"""The database's half of `shared.auth.subjects`: it checks a subject before it shows a row.

The key lies in a table of the owner that no other role may read; a function of the owner compares
the token with it. PostgreSQL has `sha256()` and no HMAC without an extension, so that the two pads
of RFC 2104 are stored instead of the key.
"""

from collections.abc import Mapping
from importlib import resources
from typing import Final

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import RunSQL

from shared.isolation.roles import role_name

_BLOCK_BYTES: Final = 64  # of SHA-256
_INNER, _OUTER = 0x36, 0x5C  # RFC 2104, section 2


def subject_function() -> RunSQL:
    """`subject('customer')`: the key of the transaction's subject, NULL where it is not proven.

    In a policy it stands as `(select subject('customer'))`, which is asked once a statement.
    """
    return RunSQL(
        [
            resources.files(__package__).joinpath("subject.sql").read_text(encoding="utf-8"),
            f'GRANT EXECUTE ON FUNCTION subject(text) TO "{role_name("app")}";',
        ],
        "DROP FUNCTION subject(text); DROP TABLE subject_key;",
    )


def rows_of_proven_subject(table: str, *, column: str) -> RunSQL:
    """The policy of `scoped_rows`, from the comparison with a setting to that with a token."""
    proven = f"\"{column}\" = (select subject('customer'))"
    stated = f"\"{column}\" = nullif(current_setting('app.subject', true), '')"
    change = 'ALTER POLICY subject_rows ON "{table}" USING ({test}) WITH CHECK ({test});'
    return RunSQL(change.format(table=table, test=proven), change.format(table=table, test=stated))


def put_subject_keys(connection: BaseDatabaseWrapper, keys: Mapping[str, bytes]) -> None:
    """These and no others; by the owner, in one transaction.

    A schema from before there were subjects, as `migrate <service> 0002` makes it, has no place.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.subject_key')")
        if cursor.fetchone() == (None,):
            return
        cursor.execute("DELETE FROM subject_key")
        cursor.executemany(
            "INSERT INTO subject_key VALUES (%s, %s, %s)",
            [(name, _pad(key, _INNER), _pad(key, _OUTER)) for name, key in keys.items()],
        )


def _pad(key: bytes, byte: int) -> bytes:
    return bytes(each ^ byte for each in key.ljust(_BLOCK_BYTES, b"\0"))
