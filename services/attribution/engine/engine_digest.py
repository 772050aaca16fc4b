"""Which engine it was: what it kept of inputs and results is for itself alone."""

from functools import cache
from importlib import resources
from typing import Final

import duckdb

from shared.digests import sha256_of_texts

# Whatever decides what comes out. Their texts are the version, so that none is forgotten.
_PACKAGES: Final = (
    "services.attribution.engine",
    "services.attribution.engine.sql",
    "services.attribution.domain",
    "shared",
    "shared.configuration",
    "shared.configuration.drivers",
)


@cache
def engine_digest() -> str:
    texts = [
        file.read_text(encoding="utf-8")
        for package in _PACKAGES
        for file in sorted(resources.files(package).iterdir(), key=lambda each: each.name)
        if file.name.endswith((".py", ".sql"))
    ]
    return sha256_of_texts(duckdb.__version__, *texts)
