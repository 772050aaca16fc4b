"""What of an invoice its customer may see."""

from collections.abc import Mapping
from typing import Any, Final

from shared.vocabulary.disclosure import Disclosure
from shared.vocabulary.invoice_states import is_shown_to_customer

_CUSTOMER_FIELDS: Final = (
    *("invoice_id", "customer", "customer_name", "period", "version", "state", "currency"),
    *("total", "tax", "plan", "disclosure", "seller", "buyer", "number"),
    *("issued_at", "due_at", "paid_at", "hosted_invoice_url"),
)
_LINE_FIELDS: Final = (
    *("position", "description", "kind", "quantity", "unit_amount", "amount"),
    *("service_start", "service_end", "tenant", "component"),
)
_OPEN_BOOK_FIELDS: Final = ("basis", "cost", "charge_group")


def customer_document(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The customer's part of an invoice fact, by a list of what it may see; None before issue."""
    if not is_shown_to_customer(document["state"], document["number"]):
        return None
    open_book = document["disclosure"] == Disclosure.OPEN_BOOK
    line_fields = (*_LINE_FIELDS, *(_OPEN_BOOK_FIELDS if open_book else ()))
    shown = {name: document[name] for name in _CUSTOMER_FIELDS}
    for name in ("kind", "credits", "charges"):
        shown[name] = document[name]
    if open_book:
        shown["costs"] = document.get("costs")
    shown["lines"] = [{name: line[name] for name in line_fields} for line in document["lines"]]
    return shown
