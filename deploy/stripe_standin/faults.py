"""Faults on demand: what the network and Stripe do to a client on a bad day.

Durable like all else, so that a fault that waits for a restart of the stand-in is not lost.
"""

import fnmatch
from dataclasses import dataclass
from typing import Any, Final

from deploy.stripe_standin.errors import malformed
from deploy.stripe_standin.store import Body, Store

CALL_KINDS: Final = frozenset(
    {
        "drop_answer",  # done and committed, the answer never arrives
        "conflict",  # 409: another request with this key is in progress
        "rate_limit",  # 429
        "error_before",  # 500, nothing was done
        "error_after",  # 500, although it was done
        "delay",  # the answer comes `seconds` late
    }
)
WEBHOOK_KINDS: Final = frozenset(
    {
        "webhook_delay",  # `seconds` late, so that later events pass it
        "webhook_duplicate",  # delivered twice
        "webhook_drop",  # never delivered: only the list of events knows
    }
)


@dataclass(frozen=True)
class Fault:
    kind: str
    seconds: float


def add_fault(store: Store, wish: dict[str, Any]) -> None:
    """`path` is a pattern of the call's path, or of the event's type for a webhook fault."""
    kind = wish.get("kind")
    if kind not in CALL_KINDS | WEBHOOK_KINDS:
        known = ", ".join(sorted(CALL_KINDS | WEBHOOK_KINDS))
        raise malformed(f"Unknown kind of fault {kind!r}; known are {known}.", param="kind")
    store.execute(
        "INSERT INTO fault (kind, method, pattern, skip, times, seconds) VALUES (?, ?, ?, ?, ?, ?)",
        kind,
        wish.get("method", "*"),
        wish.get("path", "*"),
        int(wish.get("skip", 0)),
        int(wish.get("times", 1)),
        float(wish.get("seconds", 0)),
    )


def list_faults(store: Store) -> list[Body]:
    return [dict(row) for row in store.execute("SELECT * FROM fault ORDER BY id")]


def clear_faults(store: Store) -> None:
    store.execute("DELETE FROM fault")


def take_fault(store: Store, kinds: frozenset[str], method: str, subject: str) -> Fault | None:
    """The first fault that fits, used up once; those still to be skipped count down."""
    for row in store.execute("SELECT * FROM fault WHERE times > 0 ORDER BY id"):
        if row["kind"] not in kinds or row["method"] not in {"*", method}:
            continue
        if not fnmatch.fnmatchcase(subject, row["pattern"]):
            continue
        if row["skip"] > 0:
            store.execute("UPDATE fault SET skip = skip - 1 WHERE id = ?", row["id"])
            continue
        store.execute("UPDATE fault SET times = times - 1 WHERE id = ?", row["id"])
        return Fault(kind=row["kind"], seconds=row["seconds"])
    return None
