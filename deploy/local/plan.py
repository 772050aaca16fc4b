"""What the supervisor starts, and in which order: the whole stack, as data."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from deploy.local.migrations import is_migrated, migration_digest, note_migrated
from deploy.local.process import Process
from deploy.local.servers import Servers, provision_servers, server_processes
from deploy.local.stack import (
    ROOT,
    assets_process,
    existing_services,
    manage_process,
    service_processes,
    stripe_process,
)
from shared.vocabulary.modes import Mode

# Started in this order, stopped in the reverse.
GROUPS: Final = ("servers", "stripe", "background", "web")
_QUICK: Final = frozenset({"postgres", "valkey"})
_SLOW: Final = frozenset({"s3"})


@dataclass(frozen=True)
class Plan:
    """`builds` and `migrations` run to their end; the others are kept alive."""

    builds: Callable[[Servers], Iterable[Process]]
    servers: Callable[[Servers], Iterable[Process]]
    provision: Callable[[Servers], None]
    migrations: Callable[[Servers], Iterable[Process]]
    slow_servers: Callable[[Servers], Iterable[Process]]
    provision_slow: Callable[[Servers], None]
    services: Callable[[Servers], Iterable[Process]]
    servers_title: str = "PostgreSQL and Valkey"
    slow_servers_title: str = "S3"


def _slow_servers(servers: Servers) -> Iterable[Process]:
    return server_processes(servers, _SLOW)


def _with_standin(servers: Servers) -> Iterable[Process]:
    yield from _slow_servers(servers)
    yield stripe_process(servers)


def _migrations(servers: Servers) -> Iterable[Process]:
    keys = servers.credentials.subject_keys_file.read_bytes()
    for service in existing_services():
        digest = migration_digest(ROOT, service, keys=keys)
        if not is_migrated(servers, service, digest):
            note = partial(note_migrated, servers, service, digest)
            yield replace(manage_process(servers, service, "migrate"), on_success=note)


_LIVE: Final = Plan(
    builds=lambda _: [assets_process()],
    servers=lambda servers: server_processes(servers, _QUICK),
    provision=lambda servers: provision_servers(servers, _QUICK),
    migrations=_migrations,
    slow_servers=_slow_servers,
    provision_slow=lambda servers: provision_servers(servers, _SLOW),
    services=service_processes,
)
_WITH_STANDIN: Final = replace(
    _LIVE, slow_servers=_with_standin, slow_servers_title="S3 and Stripe's stand-in"
)
WHOLE_STACK: Final[Mapping[Mode, Plan]] = {
    Mode.LIVE: _LIVE,
    Mode.DEMO: _WITH_STANDIN,
    Mode.TEST: _WITH_STANDIN,
}
