"""Which errors of the database are of one statement alone, and may be gone when it is repeated."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.db import Error, OperationalError, transaction
from psycopg import errors

from shared.isolation.scope import scope_connection

Answer = TypeVar("Answer")

# The connection lives on after each; a rollback to the savepoint makes all well.
_DEADLOCKS: Final = (errors.DeadlockDetected, errors.SerializationFailure)
_CONFLICTS: Final = (*_DEADLOCKS, errors.LockNotAvailable, errors.QueryCanceled)
# Whoever loses a third time meets more than bad luck.
_TRIES: Final = 3


def is_conflict(error: Error) -> bool:
    """A deadlock, a serialisation failure, or a limit for statements and locks.

    Not so where the database is away, or has ended the session.
    """
    return isinstance(error.__cause__, _CONFLICTS)


def repeat_on_deadlock(action: Callable[..., Answer], /, *args: Any, **kwargs: Any) -> Answer:
    """Do it again from a savepoint of its own, which gives back the locks that it took.

    For what has no effect outside of the transaction around. A wait that met a limit is not
    repeated: the next one would take as long.
    """
    for _ in range(_TRIES - 1):
        try:
            with transaction.atomic(using=scope_connection().alias):
                return action(*args, **kwargs)
        except OperationalError as error:
            if not isinstance(error.__cause__, _DEADLOCKS):
                raise
    return action(*args, **kwargs)
