"""Files of secret keys, each with an id, so that one can follow another without a stop."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from shared.faults import BadConfiguration

_KEY_BYTES: Final = range(32, 65)
"""From SHA-256's own length, since a shorter key weakens the HMAC, to its block, since a longer one
would be hashed first (RFC 2104, sections 2 and 3)."""
_BY_ID: Final = 'Write {"2026a": "<64 hex digits>"}; the last key is the one that signs.'
_BY_PAIR: Final = (
    'Write {"ingestion>attribution": "<64 hex digits>"}, or a list of keys, the newest last.'
)
_KEY_ID: Final = re.compile(r"[a-z0-9]{1,40}")


def read_keys(file: Path, *, field: str) -> dict[str, bytes]:
    """Keys by their ids, the newest last. Raises BadConfiguration, which never quotes a key.

    `field` is the variable that names the file.
    """
    keys = _read(file, field, _BY_ID, lambda given: [given])
    for name in keys:
        if not _KEY_ID.fullmatch(name):
            what = f"{name!r} is no id of a key: lower-case letters and digits."
            raise _bad(file, field, what, _BY_ID)
    return {name: key for name, [key] in keys.items()}


def read_keys_of_pairs(file: Path, *, field: str) -> dict[str, list[bytes]]:
    """Keys by `producer>consumer`: one, or a list of which the newest is the last.

    Raises BadConfiguration, which never quotes a key.
    """
    return _read(file, field, _BY_PAIR, lambda given: [given] if isinstance(given, str) else given)


def _read(
    file: Path, field: str, remedy: str, texts: Callable[[Any], list[str]]
) -> dict[str, list[bytes]]:
    try:
        keys = {
            name: [bytes.fromhex(text) for text in texts(given)]
            for name, given in json.loads(file.read_text()).items()
        }
    except (OSError, ValueError, TypeError, AttributeError) as error:
        what = f"not JSON of hex keys by their names ({type(error).__name__})."
        raise _bad(file, field, what, remedy) from None
    if not keys or not all(keys.values()):
        raise _bad(file, field, "has no key, or a name without one.", remedy)
    for name, listed in keys.items():
        for key in listed:
            if len(key) not in _KEY_BYTES:
                what = f"a key of {name!r} has {len(key)} bytes, not 32 to 64."
                raise _bad(file, field, what, remedy)
    return keys


def _bad(file: Path, field: str, what: str, remedy: str) -> BadConfiguration:
    return BadConfiguration(what, file=str(file), field=field, remedy=remedy)
