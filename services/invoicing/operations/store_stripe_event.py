"""A webhook is written down before anybody asks Stripe about it."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from services.invoicing.models import StripeEvent
from shared.digests import sha256_of_texts
from shared.jobs.work import request_job

# As wide as the columns; Stripe's ids have some 30.
_ID_CHARACTERS_MAX: Final = 100
# In JSON text: an escape that no backslash before it escapes, and any surrogate.
_UNSTORABLE: Final = re.compile(r"((?<!\\)(?:\\\\)*)\\u0000|[\ud800-\udfff]")


def store_stripe_event(event: object) -> bool:
    """Write the event down once and ask for its processing, in the caller's transaction.

    It may be anything that JSON can hold: what it means is judged later, and an event that says
    nothing to us must not come back for ever, as Stripe repeats what is not answered.
    """
    text = _storable(event)
    payload = json.loads(text) or {}
    stored = StripeEvent(
        event_id=text_at(payload, "id") or f"without_id_{sha256_of_texts(text)[:40]}",
        type=text_at(payload, "type"),
        object_id=text_at(payload, "data", "object", "id"),
        payload=payload,
    )
    already = StripeEvent.objects.filter(event_id=stored.event_id).exists()
    StripeEvent.objects.bulk_create([stored], ignore_conflicts=True)
    if not already:
        request_job(kind="process_stripe_events", key="all", payload={})
    return not already


def _storable(event: object) -> str:
    """As JSON. PostgreSQL keeps neither a NUL nor half of a surrogate pair, but U+FFFD for them."""
    return _UNSTORABLE.sub(
        lambda match: f"{match[1] or ''}\N{REPLACEMENT CHARACTER}",
        json.dumps(event, ensure_ascii=False),
    )


def text_at(content: Any, *path: str) -> str:
    """Empty where there is none, or none that an id or a type of Stripe's could be."""
    for key in path:
        content = content.get(key) if isinstance(content, Mapping) else None
    return content if isinstance(content, str) and len(content) <= _ID_CHARACTERS_MAX else ""
