"""The stack of `docker-compose.yml` in the terms of the embedded one: hosts, ports and mounts.

What a service is told is written once, in `deploy.local.servers`; here only the addresses differ.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.local import postgres, valkey
from deploy.local.credentials import SERVICES, Credentials
from deploy.local.home import Home
from deploy.local.servers import S3Access, Servers
from shared.vocabulary.modes import Mode

WEB_PORT: Final = 8000
S3_URL: Final = "http://s3:8333"
PUBLIC_URL: Final = "http://127.0.0.1:8400"
SECRETS: Final = Path("/run/secrets")
# Fit for one machine or for tests only; the images keep the services' own defaults.
_LEFT_OUT: Final = frozenset(
    {
        "TRUEBACK_FAULT_INJECTION",
        "TRUEBACK_BEAT_SECONDS",
        "TRUEBACK_BUS_BACKOFF_SECONDS",
        "TRUEBACK_STRIPE_API_KEY",
        "TRUEBACK_STRIPE_API_BASE",
        "TRUEBACK_STRIPE_WEBHOOK_SECRET",
    }
)


class ComposeServers(Servers):
    """Stripe's secrets are not in here: they are the person's, in a file of their own."""

    def service_url(self, service: str) -> str:
        return f"http://{service}:{WEB_PORT}"

    def service_environment(self, service: str) -> dict[str, str]:
        environment = super().service_environment(service)
        kept = {name: value for name, value in environment.items() if name not in _LEFT_OUT}
        hosts = [service, "127.0.0.1", "localhost"]
        own = {"TRUEBACK_ALLOWED_HOSTS": ",".join(hosts)}
        if service == "portal":
            own["TRUEBACK_PUBLIC_URL"] = PUBLIC_URL
        return {**kept, **own, "TRUEBACK_LOG_LEVEL": "INFO"}


def compose_servers(tokens: Mapping[str, str]) -> Servers:
    """Paths are those inside the containers."""
    credentials = Credentials(
        tokens=dict(tokens),
        signing_key_file=SECRETS / "portal-signing-key",
        jwks_file=SECRETS / "jwks",
        bus_keys_files={service: SECRETS / f"{service}-bus-keys" for service in SERVICES},
        subject_keys_file=SECRETS / "subject-keys",
        seal_keys_file=SECRETS / "seal-keys",
    )
    admin = f"{postgres.SUPERUSER}:{tokens['postgres']}"
    return ComposeServers(
        home=Home(Path("/")),
        mode=Mode.LIVE,
        ports={"stripe": 443},
        credentials=credentials,
        postgres_url=f"postgresql://{admin}@postgres:5432/postgres",
        redis_url=f"redis://{valkey.ADMIN}:{tokens['valkey']}@valkey:6379/0",
        s3=S3Access(S3_URL, tokens["s3.key"], tokens["s3.secret"]),
        existing=frozenset(),
    )
