"""Public identifiers: a prefix that says the kind, and a UUIDv7, so that they sort by creation."""

import secrets
import time
import uuid


def uuid7() -> uuid.UUID:
    """RFC 9562 section 5.7: 48 bits of Unix milliseconds, then random bits."""
    value = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return uuid.UUID(int=value)


def new_id(prefix: str) -> str:
    return f"{prefix}_{uuid7().hex}"
