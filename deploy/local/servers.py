"""PostgreSQL, Valkey and S3 of an embedded stack, started and provisioned.

    with start_servers(tmp_path, only={"postgres"}) as servers:
        environment = servers.service_environment("invoicing")

The supervisor starts the same processes and keeps them alive; tests use `start_servers`.
"""

import contextlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from deploy.local import postgres, provision, seaweedfs, valkey
from deploy.local.business_date import business_environment
from deploy.local.credentials import (
    DATABASE_ROLES,
    SERVICES,
    Credentials,
    load_credentials,
    write_secret,
)
from deploy.local.home import Home
from deploy.local.ports import assign_ports
from deploy.local.process import Process, launch, stop, wait_until_ready
from shared.faults import BadConfiguration
from shared.vocabulary.modes import Mode

ALL: Final = frozenset({"postgres", "valkey", "s3"})
# The portal's port is the one a person types; 8400 unless it is taken. Nobody types it in tests, of
# which several start a stack at the same moment, each before another one listens there.
_PREFERRED_PORTS: Final = {"portal": 8400}
# What a live stack is given of Stripe's, by the person who starts it; kept nowhere.
_SOURCES: Final = (
    "TRUEBACK_SOURCE_BUCKETS",
    "TRUEBACK_SOURCE_ROOT",
    "TRUEBACK_SETTLE_SECONDS",
)
_STRIPE: Final = (
    "TRUEBACK_STRIPE_API_KEY",
    "TRUEBACK_STRIPE_API_BASE",
    "TRUEBACK_STRIPE_WEBHOOK_SECRET",
)
_PORT_NAMES: Final = ("postgres", "valkey", *seaweedfs.PORTS, "stripe", *SERVICES)


@dataclass(frozen=True)
class S3Access:
    endpoint_url: str
    access_key: str
    secret_key: str


@dataclass(frozen=True)
class Servers:
    """Addresses and keys; the URLs without a service's name are the administrator's."""

    home: Home
    mode: Mode
    ports: Mapping[str, int]
    credentials: Credentials
    postgres_url: str
    redis_url: str
    s3: S3Access
    existing: frozenset[str]

    def service_url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    @property
    def stripe_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['stripe']}"

    def database_url(self, service: str, role: str) -> str:
        password = self.credentials[f"postgres.{service}.{role}"]
        login = f"{service}_{role}_login"
        return _with_user(self.postgres_url, login, password, path=f"/{service}")

    def broker_url(self, service: str) -> str:
        return _with_user(self.redis_url, service, self.credentials[f"valkey.{service}"])

    def service_environment(self, service: str) -> dict[str, str]:
        """All that one service's processes are given; nothing of another service's."""
        own = "s3" not in self.existing
        key = self.credentials[f"s3.key.{service}"] if own else self.s3.access_key
        secret = self.credentials[f"s3.secret.{service}"] if own else self.s3.secret_key
        return {
            "TRUEBACK_ENVIRONMENT": self.mode,
            "TRUEBACK_FAULT_INJECTION": os.environ.get("TRUEBACK_FAULT_INJECTION", ""),
            "TRUEBACK_DATABASE_OPS_URL": self.database_url(service, "ops"),
            "TRUEBACK_BROKER_URL": self.broker_url(service),
            "TRUEBACK_S3_ENDPOINT_URL": self.s3.endpoint_url,
            "TRUEBACK_S3_ACCESS_KEY": key,
            "TRUEBACK_S3_SECRET_KEY": secret,
            "TRUEBACK_LAKE_URI": f"s3://{provision.LAKE_BUCKET}",
            "TRUEBACK_SECRET_KEY": self.credentials[f"django.{service}"],
            "TRUEBACK_JWKS": str(self.credentials.jwks_file),
            "TRUEBACK_BUS_KEYS_FILE": str(self.credentials.bus_keys_files[service]),
            "TRUEBACK_SCRATCH_DIR": str(self.home.scratch / service),
            # One machine, no backlog: look often, and send again soon what a kill has lost.
            "TRUEBACK_BEAT_SECONDS": "2",
            "TRUEBACK_BUS_BACKOFF_SECONDS": "5",
            "TRUEBACK_LOG_LEVEL": os.environ.get("TRUEBACK_LOG_LEVEL", "INFO"),
            **business_environment(self.home),
            **self._own_environment(service),
        }

    def web_environment(self, service: str) -> dict[str, str]:
        """What only those processes have that answer a customer."""
        return {"TRUEBACK_DATABASE_URL": self.database_url(service, "app")}

    def migrate_environment(self, service: str) -> dict[str, str]:
        """What only a migration has."""
        return {
            "TRUEBACK_DATABASE_OWNER_URL": self.database_url(service, "owner"),
            "TRUEBACK_SUBJECT_KEYS_FILE": str(self.credentials.subject_keys_file),
        }

    def documents_environment(self, service: str) -> dict[str, str]:
        """What only those processes have that write documents, or verify them."""
        if service != "invoicing":
            return {}
        return {"TRUEBACK_SEAL_KEYS_FILE": str(self.credentials.seal_keys_file)}

    def _sources_environment(self) -> dict[str, str]:
        """What a person gives; a demo's or a test's files are copied within seconds."""
        given = {name: os.environ[name] for name in _SOURCES if os.environ.get(name)}
        return given if self.mode == Mode.LIVE else {"TRUEBACK_SETTLE_SECONDS": "5", **given}

    def _own_environment(self, service: str) -> dict[str, str]:
        if service == "ingestion":
            return self._sources_environment()
        if service == "invoicing":
            return self._stripe_environment()
        if service == "portal":
            return {
                "TRUEBACK_SIGNING_KEY_FILE": str(self.credentials.signing_key_file),
                "TRUEBACK_SUBJECT_KEYS_FILE": str(self.credentials.subject_keys_file),
                "TRUEBACK_PUBLIC_URL": self.service_url("portal"),
                "TRUEBACK_INGESTION_URL": self.service_url("ingestion"),
                "TRUEBACK_ATTRIBUTION_URL": self.service_url("attribution"),
                "TRUEBACK_INVOICING_URL": self.service_url("invoicing"),
            }
        return {}

    def _stripe_environment(self) -> dict[str, str]:
        """The stand-in's; a live stack has what the person gives it, and starts without."""
        if self.mode == Mode.LIVE:
            return stripe_of_the_caller()
        return {
            "TRUEBACK_STRIPE_API_KEY": self.credentials["stripe.api_key"],
            "TRUEBACK_STRIPE_API_BASE": self.stripe_url,
            "TRUEBACK_STRIPE_WEBHOOK_SECRET": self.credentials["stripe.webhook"],
        }


def stripe_of_the_caller() -> dict[str, str]:
    return {name: os.environ[name] for name in _STRIPE if os.environ.get(name)}


def prepare_servers(home: Home, mode: Mode) -> Servers:
    """Folders, secrets and free ports; starts nothing. Raises where the home has another mode."""
    home.create()
    home.keep_mode(mode)
    for service in SERVICES:
        (home.scratch / service).mkdir(mode=0o700, exist_ok=True)
    preferred = {} if mode is Mode.TEST else _PREFERRED_PORTS
    ports = assign_ports(_PORT_NAMES, home.ports_file, preferred=preferred)
    return _servers(home, mode, ports)


def find_servers(home: Home) -> Servers:
    """Those that run already: mode and ports as they were at the start."""
    return _servers(home, home.mode or Mode.LIVE, json.loads(home.ports_file.read_text()))


def _servers(home: Home, mode: Mode, ports: Mapping[str, int]) -> Servers:
    credentials = load_credentials(home)
    own_postgres = _url(
        "postgresql", postgres.SUPERUSER, credentials["postgres"], ports["postgres"]
    )
    own_redis = _url("redis", valkey.ADMIN, credentials["valkey"], ports["valkey"])
    return Servers(
        home=home,
        mode=mode,
        ports=ports,
        credentials=credentials,
        postgres_url=os.environ.get("TRUEBACK_POSTGRES_URL") or f"{own_postgres}/postgres",
        redis_url=os.environ.get("TRUEBACK_REDIS_URL") or f"{own_redis}/0",
        s3=_s3_access(credentials, ports["s3"]),
        existing=frozenset(name for name, url in _EXISTING.items() if os.environ.get(url)),
    )


_EXISTING: Final = {
    "postgres": "TRUEBACK_POSTGRES_URL",
    "valkey": "TRUEBACK_REDIS_URL",
    "s3": "TRUEBACK_S3_ENDPOINT_URL",
}


def server_processes(servers: Servers, only: AbstractSet[str] = ALL) -> Iterator[Process]:
    """The servers to start here: those asked for, less those that exist elsewhere.

    Lazy, slowest to get ready first: PostgreSQL is initialised while S3 elects its master.
    """
    makers: dict[str, Callable[[Servers], Process]] = {
        "s3": _s3,
        "valkey": _valkey,
        "postgres": _postgres,
    }
    return (make(servers) for name, make in makers.items() if name in only - servers.existing)


def provision_servers(servers: Servers, only: AbstractSet[str] = ALL) -> None:
    if "postgres" in only:
        passwords = {
            name: {role: servers.credentials[f"postgres.{name}.{role}"] for role in DATABASE_ROLES}
            for name in SERVICES
        }
        provision.provision_databases(servers.postgres_url, passwords)
    if "valkey" in only & servers.existing:
        provision.provision_broker(servers.redis_url, broker_users(servers))
    if "s3" in only:
        s3 = servers.s3
        provision.provision_buckets(s3.endpoint_url, s3.access_key, s3.secret_key)


@contextlib.contextmanager
def start_servers(home: Path, *, only: AbstractSet[str] = ALL) -> Iterator[Servers]:
    """Start, provision and, at the end, stop the servers; logs go to <home>/log/<server>.log."""
    servers = prepare_servers(Home(home.resolve()), Mode.TEST)
    with contextlib.ExitStack() as running:
        started = [
            (process, running.enter_context(_running(process, servers.home)))
            for process in server_processes(servers, only)
        ]
        for process, child in started:
            wait_until_ready(process, child)
        provision_servers(servers, only)
        yield servers


@contextlib.contextmanager
def _running(process: Process, home: Home) -> Iterator[subprocess.Popen[bytes]]:
    with (home.log / f"{process.name}.log").open("ab") as log:
        child = launch(process, log)
    try:
        yield child
    finally:
        stop(process, child)


def _postgres(servers: Servers) -> Process:
    return postgres.postgres_process(
        home=servers.home,
        port=servers.ports["postgres"],
        password=servers.credentials["postgres"],
    )


def _valkey(servers: Servers) -> Process:
    password = servers.credentials["valkey"]
    acl_file = servers.home.secrets / "valkey.acl"
    write_secret(acl_file, valkey.acl_text(admin_password=password, users=broker_users(servers)))
    return valkey.valkey_process(
        data=servers.home.data / "valkey",
        port=servers.ports["valkey"],
        acl_file=acl_file,
        admin_password=password,
    )


def _s3(servers: Servers) -> Process:
    secret = servers.credentials
    users = {
        name: (secret[f"s3.key.{name}"], secret[f"s3.secret.{name}"], provision.s3_actions(name))
        for name in SERVICES
    }
    identities_file = servers.home.secrets / "s3.json"
    admin = (secret["s3.key"], secret["s3.secret"])
    write_secret(identities_file, seaweedfs.identities_text(admin=admin, users=users))
    return seaweedfs.seaweedfs_process(
        data=servers.home.data / "s3",
        ports=servers.ports,
        identities_file=identities_file,
        signing_key=secret["s3.signing"],
    )


def broker_users(servers: Servers) -> dict[str, tuple[str, str]]:
    return {
        name: (servers.credentials[f"valkey.{name}"], provision.valkey_rules(name))
        for name in SERVICES
    }


def _s3_access(credentials: Credentials, port: int) -> S3Access:
    endpoint = os.environ.get("TRUEBACK_S3_ENDPOINT_URL")
    if not endpoint:
        url = f"http://127.0.0.1:{port}"
        return S3Access(url, credentials["s3.key"], credentials["s3.secret"])
    keys = [os.environ.get(f"TRUEBACK_S3_{name}_KEY", "") for name in ("ACCESS", "SECRET")]
    if not all(keys):
        raise BadConfiguration(
            "the S3 of TRUEBACK_S3_ENDPOINT_URL needs keys.",
            field="TRUEBACK_S3_ACCESS_KEY",
            remedy="Set TRUEBACK_S3_ACCESS_KEY and TRUEBACK_S3_SECRET_KEY too.",
        )
    return S3Access(endpoint, keys[0], keys[1])


def _url(scheme: str, user: str, password: str, port: int) -> str:
    return f"{scheme}://{user}:{password}@127.0.0.1:{port}"


def _with_user(url: str, user: str, password: str, *, path: str | None = None) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{quote(user)}:{quote(password)}@{host}"
    return urlunsplit(parts._replace(netloc=netloc, path=path or parts.path))
