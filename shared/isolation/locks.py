"""A lock on what has no row: of PostgreSQL's own, by a name, until the transaction ends."""

from typing import Final

from shared.isolation.scope import scope_connection

_EXCLUSIVE: Final = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
_SHARED: Final = "select pg_advisory_xact_lock_shared(hashtextextended(%s, 0))"


def lock_until_commit(name: str, *, is_shared: bool = False) -> None:
    """Wait for whoever holds the name; who shares it waits only for who does not.

    The server has room for some thousands of locks for all sessions: never one per tenant.
    """
    with scope_connection().cursor() as cursor:
        cursor.execute(_SHARED if is_shared else _EXCLUSIVE, [name])
