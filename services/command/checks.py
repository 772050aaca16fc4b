"""What `trueback doctor` looks at for `attribute`; changes nothing.

The amounts are what was measured of the sample month, with some air.
"""

import contextlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

State = Literal["ok", "note", "missing"]
Purpose = Literal["attribute", "stack"]

GB: Final = 1_000_000_000
_PYTHON: Final = (3, 11)
_LIBRARIES: Final = ("duckdb", "pydantic", "yaml", "rich")
_MEMORY: Final = 1 * GB
_DISK: Final = 1 * GB


@dataclass(frozen=True)
class Check:
    name: str
    purpose: Purpose
    state: State
    found: str
    fix: str = ""


def check(name: str, purpose: Purpose, *, ok: bool, found: str, fix: str = "") -> Check:
    return Check(name, purpose, "ok" if ok else "missing", found, "" if ok else fix)


def attribute_checks(*, work: Path, memory_bytes: int) -> list[Check]:
    """`work` is where `attribute` writes."""
    return [
        *_python(),
        *_libraries(),
        memory_check(
            "attribute", memory_bytes, _MEMORY, "Try a lower --memory-mb; it spills to disk."
        ),
        disk_check("attribute", work, _DISK),
    ]


def memory_of_machine() -> int:
    """Of the machine, or of the container we are in where that is less; 0 where nobody says."""
    total = 0
    with contextlib.suppress(OSError, ValueError):
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            total = min(total, int(Path(limit).read_text()))
    return total


def memory_check(purpose: Purpose, memory_bytes: int, needed: int, fix: str) -> Check:
    memory = f"{memory_bytes / GB:.1f} GB" if memory_bytes else "unknown"
    is_enough = not memory_bytes or memory_bytes >= needed
    return check("memory", purpose, ok=is_enough, found=memory, fix=fix)


def disk_check(purpose: Purpose, folder: Path, needed: int) -> Check:
    free = shutil.disk_usage(existing_folder(folder)).free
    return check(
        "disk",
        purpose,
        ok=free >= needed,
        found=f"{free / GB:.1f} GB free at {folder}",
        fix=f"Free {needed // GB} GB there, or use another folder.",
    )


def existing_folder(path: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    return next(each for each in (path, *path.parents) if each.exists())


def _python() -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    is_enough = sys.version_info >= _PYTHON
    yield check("Python", "attribute", ok=is_enough, found=version, fix="Install Python 3.11.")


def _libraries() -> Iterator[Check]:
    absent = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
    yield check(
        "libraries",
        "attribute",
        ok=not absent,
        found=f"{', '.join(absent)} missing" if absent else ", ".join(_LIBRARIES),
        fix="pip install . in the checkout.",
    )
