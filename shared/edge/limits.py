"""What one process takes from the network, whoever asks and however slowly."""

import resource
from dataclasses import dataclass
from typing import Final

from shared.runtime.request_limits import BODY_BYTES_MAX

# The database, the log, the broker and files of ours, beside the connections.
_OTHER_FILES: Final = 100
_FILES_WANTED: Final = 4096


@dataclass(frozen=True)
class Limits:
    """Times in seconds; a time that has passed closes the connection, whatever has come until then.

    Nobody who is slow holds a thread, so a limit here saves sockets and memory: where one of them
    runs out, whoever has been waited for the longest goes (`Connections`).
    """

    # The whole head of a request from its first byte, or from connecting.
    head_seconds: float = 10
    # Between two requests: more than the 60 s of AWS' load balancers, which take a connection that
    # we have just closed for a fault of ours.
    idle_seconds: float = 75
    # The whole body: 8 MiB at 2 Mbit/s.
    body_seconds: float = 35
    # The whole answer, and what its length takes at the least speed.
    answer_seconds: float = 30
    answer_bytes_per_second: int = 64 * 1024
    # A view; its thread goes on, and the client is told that it is not waited for.
    run_seconds: float = 60
    # The probes of Kubernetes and Docker wait for one second and more.
    probe_seconds: float = 2
    # A request line and headers: a session's cookies and a service's token are 2 kB.
    head_bytes: int = 32 * 1024
    body_bytes: int = BODY_BYTES_MAX
    # Bodies that are still coming and answers that are still going, of all connections.
    held_bytes: int = 64 * 1024 * 1024
    connections: int = 1000
    # Below `connections`, so that no single address has all of them; a proxy is one address.
    connections_per_address: int = 800
    # Requests that wait for a thread; the next is refused at once.
    queue: int = 64


def limits_here() -> Limits:
    """As many connections as this process may have files open; raises its own limit before."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(_FILES_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    files = _FILES_WANTED if soft == resource.RLIM_INFINITY else soft
    connections = max(16, min(Limits.connections, files - _OTHER_FILES))
    return Limits(connections=connections, connections_per_address=connections * 4 // 5)
