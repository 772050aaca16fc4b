"""What every service process is told by its environment (`TRUEBACK_*`); no secret has a default."""

import json
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.faults import BadConfiguration
from shared.vocabulary.modes import Mode

_CUSTOMERS: Final = "customers"


class ServiceEnvironment(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="TRUEBACK_", extra="ignore", frozen=True)

    environment: Mode = Mode.LIVE
    secret_key: SecretStr = Field(min_length=32)
    database_url: str | None = Field(default=None, description="customers' requests; web alone")
    database_ops_url: str = Field(description="staff and jobs")
    database_owner_url: str | None = Field(default=None, description="migrate alone")
    subject_keys_file: Path | None = Field(
        default=None, description="JSON: hex keys by their ids, the newest last; portal and migrate"
    )
    broker_url: str = "redis://127.0.0.1:6379/0"
    allowed_hosts: str = "127.0.0.1,localhost"
    jwks: str = Field(description="path or URL of the portal's public keys")
    bus_keys_file: Path
    bus_backoff_seconds: float = Field(default=60, gt=0)
    bus_poll_seconds: float = Field(default=0.2, gt=0)
    beat_seconds: float = Field(default=60, gt=0)
    log_level: str = "INFO"
    s3_endpoint_url: str | None = None
    s3_access_key: str | None = None
    s3_secret_key: SecretStr | None = None
    lake_uri: str = "s3://trueback-lake"
    scratch_dir: Path = Path("var/scratch")
    memory_limit_mb: int = Field(default=1024, ge=128)
    fault_injection: str = Field(
        default="",
        description="comma separated faults of protocol, or @file of them; test environment only",
    )

    def bus_keys(self) -> dict[str, bytes]:
        """Key per pair, written `producer>consumer`."""
        pairs = json.loads(self.bus_keys_file.read_text())
        return {pair: bytes.fromhex(key) for pair, key in pairs.items()}

    def databases(self) -> dict[str, dict[str, object]]:
        """Django's DATABASES: the default one is that of staff and jobs."""
        databases = {"default": django_database(self.database_ops_url)}
        if self.database_url is not None:
            databases[_CUSTOMERS] = django_database(self.database_url)
        return databases

    def customers_database(self) -> str | None:
        """Which of them customers' requests use; none in a process that answers none.

        Tests have one connection for all roles: fixtures and requests share a transaction.
        """
        if self.database_url is not None:
            return _CUSTOMERS
        return "default" if self.environment == Mode.TEST else None

    def injects(self, fault: str) -> bool:
        return self.environment == Mode.TEST and fault in self._injected().split(",")

    def _injected(self) -> str:
        """A file is read each time, so that faults can begin and end while processes run."""
        if not self.fault_injection.startswith("@"):
            return self.fault_injection
        file = Path(self.fault_injection.removeprefix("@"))
        return file.read_text(encoding="utf-8").strip() if file.exists() else ""


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


def django_database(url: str) -> dict[str, object]:
    """Django's DATABASES entry for `postgresql://user:password@host:port/name`."""
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "127.0.0.1",
        "PORT": str(parts.port or 5432),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, "options": "-c timezone=UTC -c search_path=public"},
    }
