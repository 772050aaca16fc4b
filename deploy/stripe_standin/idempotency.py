"""Idempotency keys: the first answer is kept for 24 hours and replayed, 500s too."""

import hashlib
import json
from typing import Any, Final

from deploy.stripe_standin.errors import StripeError, malformed
from deploy.stripe_standin.store import Body, Store

_KEPT_SECONDS: Final = 24 * 3600
_LONGEST_KEY: Final = 255


class Keys:
    """`in_flight` is what runs right now; it does not outlive the process, as it should not."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._in_flight: set[str] = set()

    def begin(self, key: str) -> None:
        if len(key) > _LONGEST_KEY:
            raise malformed(f"Idempotency keys can be at most {_LONGEST_KEY} characters long.")
        if key in self._in_flight:
            raise in_progress()
        self._in_flight.add(key)

    def end(self, key: str) -> None:
        self._in_flight.discard(key)

    def kept_answer(self, key: str, digest: str) -> tuple[int, Body] | None:
        rows = self._store.execute("SELECT * FROM answer WHERE key = ?", key)
        if not rows or rows[0]["created"] <= self._store.now() - _KEPT_SECONDS:
            return None
        if rows[0]["digest"] != digest:
            raise StripeError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they "
                f"were first used with. Try using a key other than '{key}' if you meant to "
                "execute a different request.",
                type="idempotency_error",
                saved=False,
            )
        return rows[0]["status"], json.loads(rows[0]["body"])

    def keep(self, key: str, digest: str, status: int, body: Body) -> None:
        statement = "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?)"
        self._store.execute(statement, key, digest, self._store.now(), status, json.dumps(body))


def digest_of(method: str, path: str, params: Any) -> str:
    text = json.dumps([method, path, params], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def in_progress() -> StripeError:
    return StripeError(
        409,
        "There is currently another in-progress request using this Idempotent Key. Please wait "
        "for the other request to complete.",
        type="idempotency_error",
        code="idempotency_key_in_use",
        saved=False,
    )
