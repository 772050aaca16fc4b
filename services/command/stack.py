"""Questions to the stack that runs on this machine, for commands that also work on files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.command.extra import local_stack


def answer_of(method: str, path: str, body: Any | None = None) -> Any:
    """Of attribution, to a question that takes a while; the same call again tells how far it is."""
    return local_stack().answer_of(method, path, body)


def current_run(period: str) -> str:
    return local_stack().current_run(period)


def download(uris: Mapping[str, str], to: Path) -> None:
    local_stack().download(uris, to)
