"""Free loopback ports, kept between starts so that addresses stay the same."""

import contextlib
import json
import os
import random
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from shared.faults import BadConfiguration

# Below the range that Linux and macOS take for outgoing connections.
_LOWEST: Final = 20000
_HIGHEST: Final = 32000
_TRIES: Final = 200
_LARGEST_PORT: Final = 65535


def is_free(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def assign_ports(
    names: Sequence[str], file: Path, *, preferred: Mapping[str, int] | None = None
) -> dict[str, int]:
    """One port a name: from TRUEBACK_PORT_<NAME>, else as last time, else preferred, else free."""
    kept = json.loads(file.read_text()) if file.exists() else {}
    ports: dict[str, int] = {}
    for name in names:
        set_port = _port_from_environment(name)
        wishes = [port for port in (kept.get(name), (preferred or {}).get(name)) if port]
        ports[name] = set_port or _first_free(wishes, taken=set(ports.values()))
    if ports != kept:
        file.write_text(json.dumps({**kept, **ports}, indent=1) + "\n")
    return ports


def _port_from_environment(name: str) -> int | None:
    variable = "TRUEBACK_PORT_" + name.upper().replace(".", "_")
    text = os.environ.get(variable, "")
    if not text:
        return None
    if not text.isdigit() or not 0 < int(text) <= _LARGEST_PORT:
        raise BadConfiguration(
            f"{text!r} is not a port.", field=variable, remedy="Set a number from 1 to 65535."
        )
    if not is_free(int(text)):
        raise BadConfiguration(
            f"port {text} is in use.", field=variable, remedy="Stop what uses it, or set another."
        )
    return int(text)


def _first_free(wishes: Sequence[int], *, taken: set[int]) -> int:
    chance = random.SystemRandom()
    others = (chance.randint(_LOWEST, _HIGHEST) for _ in range(_TRIES))
    for port in (*wishes, *others):
        if port not in taken and is_free(port):
            return port
    raise BadConfiguration(
        f"no free port between {_LOWEST} and {_HIGHEST}.", remedy="Set TRUEBACK_PORT_<NAME>."
    )
