"""Refusals and reads, written so that nobody can fill a disk with them.

The first of a kind in a minute gets an entry, then the second, the fourth, the eighth and so on:
each says how often it was by then. A flood of N in a minute is `log2(N)` rows, and of strangers
from more networks than are counted apart, rows of none.
"""

import time
from dataclasses import dataclass, replace
from ipaddress import ip_network
from threading import Lock
from typing import Final

from shared.vocabulary.audit import AuditAction

STRANGERS_MAX: Final = 1000
"""Kinds a minute of nobody who is known; what is beyond is counted together, as of no address."""
_MINUTE_SECONDS: Final = 60
# What one subscriber has of IPv6 (RFC 6177), so that a change of address is no new source.
_IPV6_PREFIX: Final = 64


@dataclass(frozen=True)
class Kind:
    """`object_id` of what was read; empty for a refusal, since whoever is refused chooses it."""

    action: AuditAction
    reason: str
    actor: str
    address: str
    object_id: str = ""


class Counts:
    """Of the present minute, in this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._minute = 0
        self._counts: dict[Kind, int] = {}
        self._strangers = 0

    def add(self, kind: Kind) -> tuple[Kind, int]:
        """As what it is counted, and how often that was in this minute."""
        minute = int(time.monotonic()) // _MINUTE_SECONDS
        kind = replace(kind, address=_network(kind.address))
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts, self._strangers = minute, {}, 0
            if kind not in self._counts and not kind.actor:
                self._strangers += 1
                if self._strangers > STRANGERS_MAX:
                    kind = replace(kind, address="")
            count = self._counts[kind] = self._counts.get(kind, 0) + 1
        return kind, count

    def forget(self) -> None:
        with self._lock:
            self._counts, self._strangers = {}, 0


COUNTS: Final = Counts()


def is_written(count: int) -> bool:
    """Powers of two."""
    return count & (count - 1) == 0


def _network(address: str) -> str:
    """What is no address, such as that of a socket in the file system, is a network of its own."""
    if ":" not in address:
        return address
    try:
        network = ip_network((address, _IPV6_PREFIX), strict=False)
    except ValueError:
        return address
    return str(network.network_address)
