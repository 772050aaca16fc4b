"""What a shared pool is split by: a module per kind, found by being here (ADR 0009)."""

import difflib
from collections.abc import Mapping
from functools import reduce
from importlib import import_module
from operator import or_
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Discriminator, Tag

from shared.configuration.drivers.driver import GRAINS, Consumer, Driver, Grain, Scope

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

_KINDS = sorted(Driver.__subclasses__(), key=lambda kind: kind.word)
_WORDS = [kind.word for kind in _KINDS]


def _word_of(value: object) -> str | None:
    """The kind is the key that stands there, or the one it most resembles."""
    if isinstance(value, Driver):
        return value.word
    for key in value if isinstance(value, Mapping) else ():
        near = difflib.get_close_matches(str(key), _WORDS, n=1)
        if near:
            return near[0]
    return None


if TYPE_CHECKING:
    AnyDriver = Driver
else:
    _tagged: list[Any] = [Annotated[kind, Tag(kind.word)] for kind in _KINDS]
    AnyDriver = Annotated[
        reduce(or_, _tagged),
        Discriminator(
            _word_of,
            custom_error_type="unknown_driver",
            custom_error_message=f"A driver is one of {', '.join(_WORDS)}",
        ),
    ]

__all__ = ["GRAINS", "AnyDriver", "Consumer", "Driver", "Grain", "Scope"]
