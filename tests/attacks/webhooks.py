"""Events that Stripe has not sent, has sent before, or would never send."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

import httpx

from tests.attacks.attack import Case, attack
from tests.attacks.victim import Victim, until

_SWEPT_SECONDS: Final = 20
_OLD_SECONDS: Final = 600
_ODD: Final[tuple[Any, ...]] = (
    None,
    [],
    "x",
    7,
    True,
    {},
    {"id": None},
    {"id": ["a"]},
    {"id": "evt_\0"},
    {"id": "x" * 10_000},
    {"type": {"a": 1}, "data": [1]},
    {"type": "invoice.paid", "data": {"object": None}},
    {"type": "invoice.paid", "data": {"object": {"id": 5}}},
    {"type": "invoice.paid", "data": {"object": {"id": "../../v1/customers"}}},
    {"type": "invoice.paid", "created": 10**40, "data": {"object": {"id": "in_nobody"}}},
    {"type": "charge.refunded", "data": {"object": {"amount": 1e308, "id": "'; --"}}},
)


def signature(payload: bytes, secret: str, *, at: int) -> str:
    text = f"{at}.".encode() + payload
    return f"t={at},v1={hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()}"


def event(name: str) -> bytes:
    return json.dumps({"id": name, "type": "invoice.paid", "data": {"object": {}}}).encode()


def send(invoicing: str, payload: bytes, header: str | None) -> httpx.Response:
    headers = {"Content-Type": b"application/json"}
    if header is not None:
        headers["Stripe-Signature"] = header.encode()
    url = f"{invoicing}/webhooks/stripe"
    return httpx.post(url, content=payload, headers=headers, trust_env=False, timeout=20)


def send_signed(invoicing: str, payload: bytes, secret: str) -> httpx.Response:
    return send(invoicing, payload, signature(payload, secret, at=int(time.time())))


def is_kept(victim: Victim, name: str) -> bool:
    query = "select 1 from invoicing_stripeevent where event_id = %s"
    return bool(victim.rows("invoicing", query, name))


@attack("an invoice that is paid because somebody says so")
def forged_events(victim: Victim) -> Iterator[Case]:
    secret, now = victim.stack.servers.credentials["stripe.webhook"], int(time.time())
    name = f"evt_{secrets.token_hex(8)}"
    payload = event(name)
    true = signature(payload, secret, at=now)
    forged = {
        "not signed": None,
        "an empty signature": "",
        "an empty key": signature(payload, "", at=now),
        "a key of nobody": signature(payload, "whsec_" + "0" * 48, at=now),
        "of another event": signature(event("evt_other"), secret, at=now),
        "an old one": signature(payload, secret, at=now - _OLD_SECONDS),
        "one of a time to come": signature(payload, secret, at=now + _OLD_SECONDS),
        "a later time put before": f"t={now},{signature(payload, secret, at=now - _OLD_SECONDS)}",
        "the scheme of tests": true.replace("v1=", "v0="),
        "no time": true.partition(",")[2],
        "a time that is none": true.replace(f"t={now}", "t=nan"),
        "letters of no alphabet": "t=1,v1=\N{LATIN SMALL LETTER E WITH ACUTE}",
    }
    for case, header in forged.items():
        code = send(victim.url("invoicing"), payload, header).status_code
        is_refused = code == HTTPStatus.BAD_REQUEST and not is_kept(victim, name)
        yield Case(case, "" if is_refused else f"answered {code}, kept: {is_kept(victim, name)}")


@attack("an event that counts as often as it is sent")
def repeated_events(victim: Victim) -> Iterator[Case]:
    name = f"evt_{secrets.token_hex(8)}"
    payload, secret = event(name), victim.stack.servers.credentials["stripe.webhook"]
    for _ in range(3):
        send_signed(victim.url("invoicing"), payload, secret)
    query = "select count(*) from invoicing_stripeevent where event_id = %s"
    count = victim.rows("invoicing", query, name)[0][0]
    yield Case("thrice", "" if count == 1 else f"it is kept {count} times")


@attack("no payment is noticed any more, by one event that nobody can read")
def odd_events(victim: Victim) -> Iterator[Case]:
    secret = victim.stack.servers.credentials["stripe.webhook"]
    for odd in _ODD:
        payload = json.dumps(odd).encode()
        code = send_signed(victim.url("invoicing"), payload, secret).status_code
        yield Case(f"signed {payload[:50]!r}", "" if code == HTTPStatus.OK else f"answered {code}")
    for payload in (b"", b"{", b"\xff", b"[" * 100_000):
        code = send_signed(victim.url("invoicing"), payload, secret).status_code
        yield Case(f"signed {payload[:9]!r}", "" if 400 <= code < 500 else f"answered {code}")
    name = f"evt_{secrets.token_hex(8)}"
    payload = event(name)
    send_signed(victim.url("invoicing"), payload, secret)
    query = "select event_id from invoicing_stripeevent where processed_at is null"
    is_swept = until(lambda: not victim.rows("invoicing", query), seconds=_SWEPT_SECONDS)
    left = "" if is_swept else f"still waiting: {victim.rows('invoicing', query)[:5]}"
    yield Case("the sweep goes on after them", left)
