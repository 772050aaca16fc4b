"""The chain of seals over all documents: whoever lacks the key can't change, move or drop a link.

A seal is an HMAC-SHA256 (RFC 2104) of the link's number and content and of the seal before it. What
the chain can't show is that its end was cut off: that show the anchors, which lie elsewhere.
"""

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final

_FORM: Final = 1
"""Of what is sealed; another form is told apart by it."""


@dataclass(frozen=True)
class Link:
    position: int
    content: Mapping[str, Any]
    key_id: str
    seal: str


@dataclass(frozen=True)
class Break:
    """The first link that is not as it was sealed, and what is wrong there."""

    position: int
    what: str


@dataclass(frozen=True)
class Anchor:
    """How long the chain was on a day, and the seal of its last link then."""

    day: date
    count: int
    seal: str
    key_id: str
    mac: str


def digest_of(content: Any) -> str:
    return sha256(_text(content)).hexdigest()


def seal_of(key: bytes, *, previous: str, position: int, content: Mapping[str, Any]) -> str:
    return _mac(key, ["link", _FORM, previous, position, content])


def first_break(links: Iterable[Link], keys: Mapping[str, bytes], *, length: int) -> Break | None:
    """Of all links in their order, from the first; `length` is how many there should be."""
    previous, expected = "", 1
    for link in links:
        if link.position != expected:
            return Break(expected, "it is missing")
        if link.key_id not in keys:
            return Break(expected, f"there is no key {link.key_id!r} to verify it with")
        seal = seal_of(
            keys[link.key_id], previous=previous, position=expected, content=link.content
        )
        if not hmac.compare_digest(seal, link.seal):
            return Break(expected, "its seal is not that of its content and of the link before it")
        previous, expected = link.seal, expected + 1
    return Break(expected, "what it sealed is gone") if expected <= length else None


def make_anchor(day: date, *, count: int, seal: str, key_id: str, key: bytes) -> Anchor:
    return Anchor(day, count, seal, key_id, _anchor_mac(key, day, count, seal))


def anchor_fault(
    anchor: Anchor, seals: Mapping[int, str], length: int, keys: Mapping[str, bytes]
) -> str:
    """What an anchor shows of the chain: empty where both agree; `seals` are by their position."""
    name = f"the anchor of {anchor.day}"
    key = keys.get(anchor.key_id)
    if key is None:
        return f"{name}: there is no key {anchor.key_id!r} to verify it with."
    mac = _anchor_mac(key, anchor.day, anchor.count, anchor.seal)
    if not hmac.compare_digest(mac, anchor.mac):
        return f"{name} was altered."
    if length < anchor.count:
        return f"the chain has {length} links and is shorter than {name}, which saw {anchor.count}."
    if seals.get(anchor.count) != anchor.seal:
        return f"{name} saw another link {anchor.count}."
    return ""


def write_anchor(anchor: Anchor) -> bytes:
    content = {
        "form": _FORM,
        "day": anchor.day.isoformat(),
        "count": anchor.count,
        "seal": anchor.seal,
        "key_id": anchor.key_id,
        "mac": anchor.mac,
    }
    return json.dumps(content, indent=1).encode()


def read_anchor(content: bytes) -> Anchor:
    """Raises ValueError for what is none."""
    try:
        given = json.loads(content)
        return Anchor(
            day=date.fromisoformat(given["day"]),
            count=int(given["count"]),
            seal=str(given["seal"]),
            key_id=str(given["key_id"]),
            mac=str(given["mac"]),
        )
    except (TypeError, KeyError) as error:
        raise ValueError(f"no anchor: {error}") from error


def _anchor_mac(key: bytes, day: date, count: int, seal: str) -> str:
    return _mac(key, ["anchor", _FORM, day.isoformat(), count, seal])


def _mac(key: bytes, content: Any) -> str:
    return hmac.new(key, _text(content), sha256).hexdigest()


def _text(content: Any) -> bytes:
    """Decimals and moments as their texts; the same content has the same bytes."""
    return json.dumps(content, sort_keys=True, default=str).encode()
