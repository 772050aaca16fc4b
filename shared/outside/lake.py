"""The lake for a web process: one small object, now or not at all. Jobs use `shared.lake.lake`."""

from collections.abc import Callable
from functools import cache
from typing import Final, TypeVar

from shared.lake.lake import storage
from shared.lake.storage import Patience, Storage
from shared.outside.target import Target
from shared.runtime.environment import ServiceEnvironment

Answer = TypeVar("Answer")

# Below what the portal waits for whoever asks here; S3 gives a small object in 30 ms mostly.
READ_SECONDS: Final = 0.4
# A part of a file that somebody gives, 4 MB.
WRITE_SECONDS: Final = 10
_PATIENT: Final = Patience(attempts=2, connect_seconds=2, read_seconds=WRITE_SECONDS)
_PATIENCE: Final = Patience(attempts=1, connect_seconds=READ_SECONDS, read_seconds=READ_SECONDS)


def connect(environment: ServiceEnvironment) -> Storage:
    """Loading what speaks to S3 takes half a second, which no page should wait for."""
    return storage(environment, patience=_PATIENCE)


def read_now(environment: ServiceEnvironment, uri: str) -> bytes:
    """Raises Unanswered; BadInput where there is no such object."""
    known = connect(environment)
    return lake_target().call(lambda: known.read(uri), seconds=READ_SECONDS)


def write_now(environment: ServiceEnvironment, content: bytes, uri: str) -> None:
    """Raises Unanswered; what is there already stays as it is, so that it may be done again."""
    known = storage(environment, patience=_PATIENT)
    lake_target().call(lambda: known.write_once(content, uri), seconds=WRITE_SECONDS)


def ask_source(question: Callable[[], Answer], *, seconds: float) -> Answer:
    """Of a source's storage, which may be slow where the lake is not. Raises Unanswered."""
    return source_target().call(question, seconds=seconds)


def connect_source(environment: ServiceEnvironment, *, seconds: float) -> Storage:
    return storage(environment, patience=Patience(1, connect_seconds=2, read_seconds=seconds))


def connect_probe(environment: ServiceEnvironment, *, seconds: float) -> Callable[[], None]:
    """What asks the lake's bucket for one name of an object, and raises S3's error."""
    known = storage(
        environment, patience=Patience(1, connect_seconds=seconds, read_seconds=seconds)
    )
    return lambda: known.list_one(environment.lake_uri)


@cache
def lake_target() -> Target:
    return Target("the lake")


@cache
def source_target() -> Target:
    return Target("the source's storage")
