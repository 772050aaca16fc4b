"""What happened on a customer's account, in words: on its page, in its CSV and on its document."""

from collections.abc import Mapping
from typing import Any, Final

from shared.vocabulary.ledger_steps import AccountEvent, DocumentKind

_NAMES: Final[Mapping[str, str]] = {
    DocumentKind.INVOICE: "invoice",
    DocumentKind.CREDIT_NOTE: "credit note",
}
_EVENTS: Final[Mapping[str, str]] = {
    AccountEvent.ISSUED: "{name}",
    AccountEvent.PAID: "payment of {name}",
    AccountEvent.OVERPAID: "paid above what was due on {name}",
    AccountEvent.BALANCE: "credit used for {name}",
    AccountEvent.WRITTEN_OFF: "{name} written off",
    AccountEvent.VOID: "{name} cancelled",
    AccountEvent.REFUNDED: "refund of {name}",
    AccountEvent.TRANSFERRED: "bank transfer of {name}",
}


def event_words(entry: Mapping[str, Any]) -> str:
    """`Payment of invoice ACME-0001`; of an event that is newer than this, its name."""
    kind = _NAMES.get(entry["kind"], "document")
    name = f"{kind} {entry['number']}".rstrip()
    event = entry["event"]
    words = _EVENTS.get(event, f"{event.replace('_', ' ').replace('-', ' ')}, {{name}}")
    # A number keeps its capitals.
    text = words.format(name=name)
    return f"{text[0].upper()}{text[1:]}"
