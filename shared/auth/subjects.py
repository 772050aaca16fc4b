"""Whose rows a customer's request may see, as a token that the database checks itself.

The portal makes one when a customer signs in, and its tokens for other services carry it on. These
have no key to make one with, and neither has a customer's login at the database: whoever gets SQL
of his own to run there still sees the rows of one subject alone (`shared/isolation/subjects.py`).
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal

from shared.auth.key_files import read_keys

Kind = Literal["customer"]


def read_subject_keys(file: Path) -> dict[str, bytes]:
    """As `read_keys`; the portal signs with the last of them."""
    return read_keys(file, field="TRUEBACK_SUBJECT_KEYS_FILE")


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
