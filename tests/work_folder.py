"""One folder for the files of each test in turn.

DuckDB's statements name the files that they read and write. Where a test has the names of the one
before, its statements are parsed already (tests/duckdb_sessions.py), which is a seventh of what the
engine's suite takes.
"""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest


@cache
def _place() -> Path:
    place = tempfile.TemporaryDirectory(prefix="trueback-tests-")
    atexit.register(place.cleanup)
    return Path(place.name)


@contextmanager
def work_folder(name: str = "example") -> Iterator[Path]:
    """Empty, and gone afterwards. Within it there is no other of that name."""
    folder = _place() / name
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """For a suite whose conftest imports it."""
    with work_folder("test") as folder:
        yield folder
