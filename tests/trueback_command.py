"""`trueback` as its user calls it: in this process, or as one where the process is what counts."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from services.command.main import main

ROOT = Path(__file__).parents[1]
COLUMNS = {"COLUMNS": "200"}


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def trueback(work: Path, *arguments: str) -> Done:
    """An exception that the command does not turn into a message is raised here."""
    stdout, stderr = StringIO(), StringIO()
    with _started(work, *arguments), redirect_stdout(stdout), redirect_stderr(stderr):
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = _exit_code(ended)
    return Done(code, stdout.getvalue(), stderr.getvalue())


def trueback_process(work: Path, *arguments: str, without: tuple[str, ...] = ()) -> Done:
    """Takes a second more, most of it for imports; those of `without` fail."""
    blocked = "".join(f"sys.modules[{name!r}] = None; " for name in without)
    code = f"import sys; {blocked}from services.command.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        cwd=work,
        env={"PYTHONPATH": str(ROOT), **COLUMNS},
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@contextmanager
def _started(work: Path, *arguments: str) -> Iterator[None]:
    with (
        chdir(work),
        patch.object(sys, "argv", ["trueback", *arguments]),
        patch.dict(os.environ, COLUMNS),
    ):
        yield


def _exit_code(ended: SystemExit) -> int:
    """As Python gives it to the shell."""
    match ended.code:
        case None:
            return 0
        case int(code):
            return code
        case _:
            return 1
