"""All connections of a process: how many there are, of whom, and who goes where there are too many.

Nobody is turned away at the door, since whoever comes new may be the one with something to ask.
Instead the connection goes that we have been waiting for the longest: for a head, for the rest of a
body, or for an answer to be read. One whose request is being answered stays.
"""

from collections import Counter
from typing import Protocol

from shared.edge.limits import Limits


class Peer(Protocol):
    address: str
    held_bytes: int

    def abort(self) -> None: ...


class Connections:
    """Used by the event loop's thread alone."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: set[Peer] = set()
        self._of_address: Counter[str] = Counter()
        self._held_bytes = 0
        # In the order in which we began to wait for them.
        self._awaited: dict[Peer, None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, peer: Peer) -> None:
        if self._of_address[peer.address] >= self._limits.connections_per_address:
            self._end_one(address=peer.address)
        elif len(self._open) >= self._limits.connections:
            self._end_one()
        self._open.add(peer)
        self._of_address[peer.address] += 1

    def leave(self, peer: Peer) -> None:
        if peer not in self._open:
            return
        self._open.remove(peer)
        self._awaited.pop(peer, None)
        self._of_address[peer.address] -= 1
        if not self._of_address[peer.address]:
            del self._of_address[peer.address]
        self.release(peer)

    def await_it(self, peer: Peer) -> None:
        """From now on we wait for it to send or to read."""
        if peer in self._open:
            self._awaited.pop(peer, None)
            self._awaited[peer] = None

    def has_sent(self, peer: Peer) -> None:
        """What we waited for is here: it is answered, and stays."""
        self._awaited.pop(peer, None)

    def hold(self, peer: Peer, size: int) -> None:
        """`size` bytes more are in memory for it; others make room if it is too much for all."""
        if peer not in self._open:
            return
        peer.held_bytes += size
        self._held_bytes += size
        while self._held_bytes > self._limits.held_bytes and self._end_one(holding=True):
            pass

    def release(self, peer: Peer) -> None:
        self._held_bytes -= peer.held_bytes
        peer.held_bytes = 0

    def end_awaited(self) -> None:
        """At the end of the process: whoever is being answered still gets it."""
        while self._end_one():
            pass

    def _end_one(self, *, address: str | None = None, holding: bool = False) -> bool:
        for peer in self._awaited:
            if (address is None or peer.address == address) and (peer.held_bytes or not holding):
                self.leave(peer)
                peer.abort()
                return True
        return False
