"""Which engine it was: what it kept of inputs and results is for itself alone."""

from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

import duckdb

from shared.digests import sha256_of_texts

# Whatever decides what comes out. Their texts are the version, so that none is forgotten.
_TREES: Final = ("services.attribution.engine", "services.attribution.domain", "shared")
_ENDINGS: Final = (".py", ".sql")


@cache
def engine_digest() -> str:
    """Of the texts of `engine_files`, by name, and of DuckDB's version."""
    parts = [
        part for name, file in engine_files() for part in (name, file.read_text(encoding="utf-8"))
    ]
    return sha256_of_texts(duckdb.__version__, *parts)


def engine_files() -> Iterator[tuple[str, Traversable]]:
    """Every module and script below these packages, with its path in them."""
    for package in _TREES:
        yield from _files_below(resources.files(package), package)


def _files_below(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        path = f"{name}/{each.name}"
        if each.is_dir():
            yield from _files_below(each, path)
        elif each.name.endswith(_ENDINGS):
            yield path, each
