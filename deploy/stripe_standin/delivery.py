"""Webhooks: signed, at least once, from durable rows, again with back-off until answered 2xx."""

import asyncio
import hashlib
import hmac
import json
import logging
import time
from typing import Any, Final

import httpx

from deploy.stripe_standin import faults
from deploy.stripe_standin.errors import StripeError
from deploy.stripe_standin.events import read_event
from deploy.stripe_standin.store import Body, Store
from deploy.stripe_standin.webhook_endpoints import signing_secret

_log = logging.getLogger(__name__)
_BATCH: Final = 20
_IDLE_SECONDS: Final = 0.1
_TIMEOUT_SECONDS: Final = 10
_LONGEST_BACK_OFF_SECONDS: Final = 60
# Three days at the longest back-off; then the event is only in the list.
_ATTEMPTS_MAX: Final = 3 * 86400 // _LONGEST_BACK_OFF_SECONDS
_SUCCESS: Final = range(200, 300)


def signature(payload: bytes, secret: str, at: int) -> str:
    """`Stripe-Signature`: HMAC-SHA256 of "<t>.<payload>" (Stripe, "Verify webhook signatures")."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


async def deliver_for_ever(store: Store) -> None:
    async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        while True:
            rows = store.execute(
                "SELECT * FROM delivery WHERE state = 'pending' AND due_at <= ? "
                "ORDER BY due_at, id LIMIT ?",
                time.time(),
                _BATCH,
            )
            await asyncio.gather(*(_deliver(store, client, row) for row in rows))
            if not rows:
                await asyncio.sleep(_IDLE_SECONDS)


async def _deliver(store: Store, client: httpx.AsyncClient, row: Any) -> None:
    try:
        event = read_event(store, row["event"])
        endpoint = store.get("webhook_endpoint", row["endpoint"])
    except StripeError:  # the endpoint was deleted since the rows were read
        return
    fault = faults.take_fault(store, faults.WEBHOOK_KINDS, "*", event["type"])
    kind = fault.kind if fault else ""
    if fault and kind == "webhook_delay":
        _postpone(store, row["id"], fault.seconds)
    elif kind == "webhook_drop":
        store.execute("UPDATE delivery SET state = 'failed' WHERE id = ?", row["id"])
    else:
        delivered = False
        for _ in range(2 if kind == "webhook_duplicate" else 1):
            delivered = await _post(store, client, endpoint, event)
        _record(store, row, delivered=delivered)


async def _post(store: Store, client: httpx.AsyncClient, endpoint: Body, event: Body) -> bool:
    payload = json.dumps(event, indent=2).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(
            payload, signing_secret(store, endpoint["id"]), int(time.time())
        ),
        "User-Agent": "Stripe/1.0 (stand-in)",
    }
    try:
        answer = await client.post(endpoint["url"], content=payload, headers=headers)
    except httpx.HTTPError as error:
        _log.info("webhook %s to %s: %s", event["id"], endpoint["url"], type(error).__name__)
        return False
    if answer.status_code not in _SUCCESS:
        _log.info("webhook %s to %s: %s", event["id"], endpoint["url"], answer.status_code)
    return answer.status_code in _SUCCESS


def _record(store: Store, row: Any, *, delivered: bool) -> None:
    attempts = row["attempts"] + 1
    given_up = "failed" if attempts >= _ATTEMPTS_MAX else "pending"
    state = "delivered" if delivered else given_up
    back_off = min(2 ** min(row["attempts"], 10), _LONGEST_BACK_OFF_SECONDS)
    store.execute(
        "UPDATE delivery SET state = ?, attempts = ?, due_at = ? WHERE id = ?",
        state,
        attempts,
        time.time() + back_off,
        row["id"],
    )


def _postpone(store: Store, identifier: int, seconds: float) -> None:
    statement = "UPDATE delivery SET due_at = ? WHERE id = ?"
    store.execute(statement, time.time() + seconds, identifier)
