"""What every service process is told by its environment (`TRUEBACK_*`); no secret has a default."""

import platform
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.auth.key_files import read_keys_of_pairs
from shared.faults import BadConfiguration
from shared.vocabulary.modes import Mode

_CUSTOMERS: Final = "customers"
# Characters: what `secrets.token_hex(16)` has, 128 bits.
_SECRET_KEY_MIN: Final = 32

# What PostgreSQL ends by itself, in milliseconds, so that nobody waits for ever on a statement that
# hangs, on a lock, or on whoever has stopped in the middle of a transaction. Who asks over HTTP
# waits seconds; a job may write a month of 20,000 tenants (docs/reference/messaging.md).
_REQUEST_LIMITS: Final = {
    "statement_timeout": 15_000,
    "lock_timeout": 10_000,
    "idle_in_transaction_session_timeout": 60_000,
}
_JOB_LIMITS: Final = {
    "statement_timeout": 300_000,
    "lock_timeout": 60_000,
    "idle_in_transaction_session_timeout": 300_000,
}
# A migration may rewrite a table, but must not queue for its lock while all others queue behind it.
MIGRATION_LIMITS: Final = {"lock_timeout": 60_000}
# In seconds and tries: a host that has gone is noticed within a minute.
_TLS_PARAMETERS: Final = frozenset(
    {"sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "channel_binding"}
)
_KEEPALIVE: Final = {"keepalives_idle": 20, "keepalives_interval": 10, "keepalives_count": 3}


# A process that isn't told since when its business date holds takes the day it was started on.
_STARTED_ON: Final = datetime.now(UTC).date()


class ServiceEnvironment(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="TRUEBACK_", extra="ignore", frozen=True)

    environment: Mode = Mode.LIVE
    secret_key: SecretStr = Field(min_length=_SECRET_KEY_MIN)
    secret_key_fallbacks: SecretStr | None = Field(
        default=None, description="comma separated: former ones, while what they signed lives"
    )
    database_url: str | None = Field(
        default=None, repr=False, description="customers' requests; web alone"
    )
    database_ops_url: str = Field(repr=False, description="staff and jobs")
    database_owner_url: str | None = Field(default=None, repr=False, description="migrate alone")
    subject_keys_file: Path | None = Field(
        default=None, description="JSON: hex keys by their ids, the newest last; portal and migrate"
    )
    broker_url: str = Field(default="redis://127.0.0.1:6379/0", repr=False)
    ca_file: Path | None = Field(
        default=None, description="PEM: who signs the certificates of the broker and of S3"
    )
    allowed_hosts: str = "127.0.0.1,localhost"
    jwks: str = Field(description="path or URL of the portal's public keys")
    bus_keys_file: Path
    bus_backoff_seconds: float = Field(default=60, gt=0)
    bus_poll_seconds: float = Field(default=0.2, gt=0)
    beat_seconds: float = Field(default=60, gt=0)
    today: date | None = Field(
        default=None, description="the business date of a demo or a test; live it is the real one"
    )
    today_since: date | None = Field(
        default=None, description="the real date on which it was that one; it goes on from there"
    )
    log_level: str = "INFO"
    s3_endpoint_url: str | None = None
    s3_access_key: str | None = None
    s3_secret_key: SecretStr | None = Field(default=None, validate_default=True)
    lake_uri: str = "s3://trueback-lake"
    instance: str = Field(
        default_factory=platform.node,
        min_length=1,
        max_length=100,
        description="of one process among those of its kind; the same after a restart",
    )
    scratch_dir: Path = Path("var/scratch")
    memory_limit_mb: int = Field(default=1024, ge=128)
    fault_injection: str = Field(
        default="",
        description="comma separated faults of protocol, or @file of them; test environment only",
    )

    def bus_keys(self) -> dict[str, list[bytes]]:
        """Keys per pair, of which the last signs.

        The file is read each time, so that a key can follow another without a stop.
        """
        return read_keys_of_pairs(self.bus_keys_file, field="TRUEBACK_BUS_KEYS_FILE")

    def broker_tls(self) -> dict[str, Any] | None:
        """For `rediss://`, as redis-py names it: the certificate is checked, and its name.

        Kombu by itself checks neither.
        """
        if not self.broker_url.startswith("rediss://"):
            return None
        authority = {"ssl_ca_certs": str(self.ca_file)} if self.ca_file else {}
        return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True, **authority}

    def former_secret_keys(self) -> list[str]:
        return parts_of(self.secret_key_fallbacks)

    @field_validator("secret_key_fallbacks")
    @classmethod
    def _each_is_long_enough(cls, given: SecretStr | None) -> SecretStr | None:
        """What they signed is taken as what the key itself signs."""
        if min(map(len, parts_of(given)), default=_SECRET_KEY_MIN) < _SECRET_KEY_MIN:
            raise ValueError(f"each key of it needs at least {_SECRET_KEY_MIN} characters")
        return given

    @field_validator("today")
    @classmethod
    def _is_of_no_live_stack(cls, today: date | None, info: ValidationInfo) -> date | None:
        """There, a wrong date would close months too early, or charge what may not be charged."""
        if today is not None and info.data.get("environment") == Mode.LIVE:
            raise ValueError("a live stack stands on the real date; leave it out")
        return today

    @field_validator("bus_keys_file")
    @classmethod
    def _holds_keys(cls, file: Path, info: ValidationInfo) -> Path:
        return checked_file(
            file, info, lambda: read_keys_of_pairs(file, field="TRUEBACK_BUS_KEYS_FILE")
        )

    @field_validator("s3_secret_key")
    @classmethod
    def _is_there_with_the_access_key(
        cls, key: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        """Half of them would be missed in the middle of a run."""
        text = key.get_secret_value() if key else ""
        if bool(text) != bool(info.data.get("s3_access_key")):
            raise ValueError("it and TRUEBACK_S3_ACCESS_KEY go together, neither of them empty")
        return key

    def databases(self) -> dict[str, dict[str, object]]:
        """Django's DATABASES: the default one is that of staff and jobs.

        Who has the customers' login answers requests, and has their limits with all logins.
        """
        limits = _JOB_LIMITS if self.database_url is None else _REQUEST_LIMITS
        databases = {"default": django_database(self.database_ops_url, limits)}
        if self.database_url is not None:
            databases[_CUSTOMERS] = django_database(self.database_url, limits)
        return databases

    def customers_database(self) -> str | None:
        """Which of them customers' requests use; none in a process that answers none.

        Tests have one connection for all roles: fixtures and requests share a transaction.
        """
        if self.database_url is not None:
            return _CUSTOMERS
        return "default" if self.environment == Mode.TEST else None

    def secrets(self) -> list[str]:
        """Values that no log may hold: what is a secret whole, and the passwords of addresses."""
        given = [getattr(self, name) for name in type(self).model_fields]
        whole = [value.get_secret_value() for value in given if isinstance(value, SecretStr)]
        parts = [part.strip() for text in whole for part in text.split(",")]
        addresses = (self.database_url, self.database_ops_url, self.database_owner_url)
        passwords = [urlsplit(url).password for url in (*addresses, self.broker_url) if url]
        return [
            *filter(None, parts),
            *(text for known in filter(None, passwords) for text in (known, unquote(known))),
        ]

    @property
    def business_shift(self) -> timedelta:
        """Whole days from the real date to the business date; none in a live stack."""
        if self.today is None:
            return timedelta(0)
        return self.today - (self.today_since or _STARTED_ON)

    def injects(self, fault: str) -> bool:
        return self.environment == Mode.TEST and fault in self._injected().split(",")

    def _injected(self) -> str:
        """A file is read each time, so that faults can begin and end while processes run."""
        if not self.fault_injection.startswith("@"):
            return self.fault_injection
        file = Path(self.fault_injection.removeprefix("@"))
        return file.read_text(encoding="utf-8").strip() if file.exists() else ""


def parts_of(given: SecretStr | None) -> list[str]:
    """Of a comma separated list of secrets; an empty part is one, so that it can be refused."""
    text = given.get_secret_value().strip() if given else ""
    return [part.strip() for part in text.split(",")] if text else []


def checked_file(file: Path, info: ValidationInfo, read: Callable[[], object]) -> Path:
    """For a validator: what the file holds is known at the start, not when it is needed.

    In tests settings are imported where no file of theirs is.
    """
    if file.exists() or info.data.get("environment") != Mode.TEST:
        try:
            read()
        except BadConfiguration as fault:
            raise ValueError(str(fault)) from None
    return file


Kind = TypeVar("Kind", bound="ServiceEnvironment")


def read_environment(kind: type[Kind]) -> Kind:
    """Raises BadConfiguration that lists every missing or wrong variable at once."""
    try:
        return kind()
    except ValidationError as error:
        wrong = "; ".join(
            f"TRUEBACK_{'_'.join(str(part) for part in item['loc']).upper()}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False)
        )
        raise BadConfiguration(
            f"The environment is not complete: {wrong}.",
            remedy="Set these variables; docs/running.md lists them all.",
        ) from None


def django_database(url: str, limits: Mapping[str, int]) -> dict[str, object]:
    """Django's DATABASES entry for `postgresql://user@host:port/name?sslmode=...`.

    `limits` are settings of PostgreSQL for each session. Raises BadConfiguration for a parameter
    that would be ignored: whoever asks for TLS must not have less.
    """
    parts = urlsplit(url)
    parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(parameters.keys() - _TLS_PARAMETERS):
        raise BadConfiguration(
            f"a database's address has {', '.join(unknown)}, which is not known here.",
            remedy=f"Of libpq's parameters it takes {', '.join(sorted(_TLS_PARAMETERS))}.",
        )
    session = {"timezone": "UTC", "search_path": "public", **limits}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "127.0.0.1",
        "PORT": str(parts.port or 5432),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            **_KEEPALIVE,
            **parameters,
            "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
        },
    }
