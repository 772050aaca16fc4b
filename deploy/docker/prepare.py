"""Every secret and setting that `docker-compose.yml` mounts, made once, mode 600.

    python -m deploy.docker.prepare [--out var/compose]

What is there is kept, so it may run again after an upgrade. It never prints a secret.
"""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.docker.addresses import compose_servers
from deploy.local import provision, seaweedfs, valkey
from deploy.local.credentials import SERVICES, load_credentials, write_secret
from deploy.local.home import Home
from deploy.local.servers import Servers, broker_users

_STRIPE_TEMPLATE: Final = """\
# From Stripe's dashboard: a restricted key, without which nothing can be issued, and the signing
# secret of a webhook endpoint at invoicing's /webhooks/stripe (two, comma separated, while they
# rotate).
# TRUEBACK_STRIPE_API_KEY=
# TRUEBACK_STRIPE_WEBHOOK_SECRET=
"""
_JWT_SECTIONS: Final = ("SIGNING", "SIGNING_READ", "FILER_SIGNING", "FILER_SIGNING_READ")
# Who the containers run as where the files are made by root: the images' own user.
_IMAGE_USER: Final = (1000, 1000)


def prepare(out: Path) -> Path:
    """Returns the file of settings that Compose itself reads."""
    home = Home(out)
    for folder in (home.path, home.secrets):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    servers = compose_servers(load_credentials(home).tokens)
    for path, text in _texts(home, servers).items():
        if not path.exists():
            write_secret(path, text)
    for path, variables in _environments(home, servers).items():
        write_secret(path, _completed(path, variables))
    user_id, group_id = _container_user()
    if os.geteuid() == 0:
        for file in home.secrets.iterdir():
            os.chown(file, user_id, group_id)
    settings = out / "compose.env"
    write_secret(settings, f"TRUEBACK_USER={user_id}:{group_id}\n")
    return settings


def _texts(home: Home, servers: Servers) -> dict[Path, str]:
    secret = servers.credentials
    return {
        home.path / "stripe.env": _STRIPE_TEMPLATE,
        home.path / "s3.env": _env_text(
            {f"WEED_JWT_{section}_KEY": secret["s3.signing"] for section in _JWT_SECTIONS}
        ),
        home.secrets / "postgres_password": secret["postgres"],
        home.secrets / "valkey.acl": valkey.acl_text(
            admin_password=secret["valkey"], users=broker_users(servers)
        ),
        home.secrets / "s3.json": _identities(servers),
    }


def _environments(home: Home, servers: Servers) -> dict[Path, dict[str, str]]:
    """A service's processes share a file; those that need more have one of their own after it."""
    return {
        home.path / f"{service}{kind}.env": variables(service)
        for service in SERVICES
        for kind, variables in (
            ("", servers.service_environment),
            (".web", servers.web_environment),
            (".migrate", servers.migrate_environment),
            (".documents", servers.documents_environment),
        )
        if variables(service)
    }


def _completed(path: Path, variables: Mapping[str, str]) -> str:
    """What is there is kept as it is, since a person may have changed it; a new one is added."""
    text = path.read_text() if path.exists() else ""
    known = {line.partition("=")[0] for line in text.splitlines()}
    return text + _env_text({name: v for name, v in variables.items() if name not in known})


def _identities(servers: Servers) -> str:
    secret = servers.credentials
    users = {
        name: (secret[f"s3.key.{name}"], secret[f"s3.secret.{name}"], provision.s3_actions(name))
        for name in SERVICES
    }
    return seaweedfs.identities_text(admin=(secret["s3.key"], secret["s3.secret"]), users=users)


def _env_text(variables: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in sorted(variables.items()))


def _container_user() -> tuple[int, int]:
    """Who owns the files, since a mounted file keeps its owner and mode; never root."""
    return _IMAGE_USER if os.geteuid() == 0 else (os.geteuid(), os.getegid())


def _stripe_is_set(out: Path) -> bool:
    lines = (out / "stripe.env").read_text().splitlines()
    return sum(not line.startswith("#") and bool(line.partition("=")[2]) for line in lines) > 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.docker.prepare")
    parser.add_argument("--out", type=Path, default=Path("var/compose"))
    out = parser.parse_args().out
    settings = prepare(out)
    print(f"Secrets and settings are in {out}, readable by their owner alone. Keep them: the")
    print("databases know these passwords.")
    if not _stripe_is_set(out):
        print(f"Still to do: put Stripe's key and webhook secret into {out / 'stripe.env'}; until")
        print("then nothing can be issued.")
    print(f"Then: docker compose --env-file {settings} up --detach --build")


if __name__ == "__main__":
    main()
