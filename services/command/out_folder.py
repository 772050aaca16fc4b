"""Folders that a command writes; who can't be written to hears so before the work begins."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import typer

from shared.faults import ProofFailed

OUTPUT_MARK: Final = "proof.json"
OUTPUTS: Final = (
    *(OUTPUT_MARK, "allocations.parquet", "statements.csv"),
    *("unallocated.csv", "usage.csv"),
)


@contextmanager
def refused_if_unwritable(out: Path) -> Iterator[None]:
    """Exit code 2, with what the system says of the folder."""
    try:
        yield
    except OSError as error:
        raise typer.BadParameter(
            f"{out} can't be written: {error.strerror or error}.", param_hint="--out"
        ) from error


def check_is_folder_if_there(out: Path) -> None:
    """A link to nothing is something that is there."""
    with refused_if_unwritable(out):
        if (out.is_symlink() or out.exists()) and not out.is_dir():
            what = "a file" if out.exists() else "a link to nothing"
            raise typer.BadParameter(f"{out} is {what}.", param_hint="--out")


def make_folder(out: Path) -> None:
    """The folder, with what it lies in, where it is not there; a file can be made in it."""
    check_is_folder_if_there(out)
    with refused_if_unwritable(out):
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """A new folder beside `out` that takes its place at the end; a failed proof is kept too."""
    check_is_folder_if_there(out)
    with refused_if_unwritable(out):
        if out.is_dir() and any(out.iterdir()) and not (out / OUTPUT_MARK).exists():
            raise typer.BadParameter(
                f"{out} holds other files; give a new or empty folder.", param_hint="--out"
            )
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.absolute().parent))
    try:
        yield fresh
        _take_place(fresh, out)
    except ProofFailed:
        _take_place(fresh, out)
        raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _take_place(fresh: Path, out: Path) -> None:
    """What lies in `out` beside our own files moves along."""
    with refused_if_unwritable(out):
        fresh.chmod(0o755)
        if not out.exists():
            fresh.rename(out)
            return
        old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.absolute().parent))
        out.rename(old)
        for path in old.iterdir():
            if path.name not in OUTPUTS:
                path.rename(fresh / path.name)
        fresh.rename(out)
        shutil.rmtree(old)
