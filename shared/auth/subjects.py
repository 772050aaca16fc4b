"""Whose rows a customer's request may see, as a token that the database checks itself.

The portal makes one when a customer signs in, and its tokens for other services carry it on. These
have no key to make one with, and neither has a customer's login at the database: whoever gets SQL
of his own to run there still sees the rows of one subject alone (`shared/isolation/subjects.py`).
"""

import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

from shared.faults import BadConfiguration

Kind = Literal["customer"]
_KEY_BYTES: Final = range(32, 65)
"""From SHA-256's own length, since a shorter key weakens the HMAC, to its block, since a longer one
would be hashed first (RFC 2104, sections 2 and 3)."""
_KEY_ID: Final = re.compile(r"[a-z0-9]{1,40}")


def read_subject_keys(file: Path) -> dict[str, bytes]:
    """Keys by their ids, the newest last. Raises BadConfiguration, which never quotes a key."""
    try:
        keys = {name: bytes.fromhex(text) for name, text in json.loads(file.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise _bad(file, f"not JSON of hex keys by their ids ({type(error).__name__}).") from None
    if not keys:
        raise _bad(file, "has no key.")
    for name, key in keys.items():
        if not _KEY_ID.fullmatch(name):
            raise _bad(file, f"{name!r} is no id of a key: lower-case letters and digits.")
        if len(key) not in _KEY_BYTES:
            raise _bad(file, f"the key {name!r} has {len(key)} bytes, not 32 to 64.")
    return keys


def _bad(file: Path, what: str) -> BadConfiguration:
    return BadConfiguration(
        what,
        file=str(file),
        field="TRUEBACK_SUBJECT_KEYS_FILE",
        remedy='Write {"2026a": "<64 hex digits>"}; the portal signs with the last key.',
    )


def sign_subject(kind: Kind, key: str, *, until: datetime, keys: Mapping[str, bytes]) -> str:
    """`kind|end|key id|HMAC-SHA256|key`; `end` in seconds since 1970, UTC."""
    key_id, secret = list(keys.items())[-1]
    end = int(until.timestamp())
    return f"{kind}|{end}|{key_id}|{_mac(secret, f'{kind}|{end}|{key_id}|{key}')}|{key}"


def subject_key(token: str) -> str:
    """Whose it says it is; only the database knows whether it is true."""
    return token.split("|", 4)[-1]


def subject_end(token: str) -> datetime:
    """Raises ValueError for what is no token."""
    return datetime.fromtimestamp(int(token.split("|", 4)[1]), UTC)


def _mac(secret: bytes, text: str) -> str:
    return hmac.new(secret, text.encode(), sha256).hexdigest()
