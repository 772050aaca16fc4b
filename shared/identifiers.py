"""Public identifiers: a prefix that says the kind, and a UUIDv7, so that they sort by creation."""

import secrets
import time
import uuid


def uuid7() -> uuid.UUID:
    """RFC 9562 section 5.7: Unix milliseconds, their fraction in 12 bits (6.2, method 3), random.

    So that identifiers made by one process within a millisecond still sort as they were made.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = nanoseconds * (1 << 12) // 1_000_000
    value = milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)


def new_id(prefix: str) -> str:
    return f"{prefix}_{uuid7().hex}"
