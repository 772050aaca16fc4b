"""What the chain of seals is made of, as the database has it now."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from services.invoicing.domain.document_chain import Link, digest_of
from services.invoicing.models import DocumentSeal, Invoice, InvoiceLine, Transition

_STEP: Final = (
    *("invoice_id", "customer_id", "sequence", "from_state", "to_state", "actor", "reason"),
    *("cause", "at", "previous_seal", "seal"),
)
# What a document says from its first draft on, and what it says once it has a number.
_DRAFTED: Final = (
    *("invoice_id", "customer_id", "contract_id", "seller", "period", "kind", "sequence"),
    *("currency", "total_minor", "exact_total", "run_id"),
)
_NUMBERED: Final = ("number", "stripe_invoice_id", "issued_at", "frozen")
_LINE: Final = (
    *("position", "description", "kind", "tenant", "amount_minor", "exact_amount", "cost"),
    *("charge_group", "basis", "priced_by", "component", "service_start", "service_end"),
)
_CHUNK: Final = 2000


def read_links() -> Iterator[Link]:
    """All whose step is there, in their order."""
    rows = DocumentSeal.objects.order_by("position").values(
        *("position", "document_digest", "is_adopted", "key_id", "seal", "transition_id"),
        *(f"transition__{name}" for name in _STEP),
    )
    for row in rows.iterator(chunk_size=_CHUNK):
        step = {name: row[f"transition__{name}"] for name in _STEP}
        yield Link(
            position=row["position"],
            content=link_content(step, row["document_digest"], is_adopted=row["is_adopted"]),
            key_id=row["key_id"],
            seal=row["seal"],
        )


def link_content(step: Mapping[str, Any], digest: str, *, is_adopted: bool) -> dict[str, Any]:
    at: datetime = step["at"]
    return {
        **{name: step[name] for name in _STEP},
        "at": at.astimezone(UTC).isoformat(),
        "document": digest,
        "is_adopted": is_adopted,
    }


def step_of(transition: Transition) -> dict[str, Any]:
    return {name: getattr(transition, name) for name in _STEP}


def unsealed_steps() -> Iterator[tuple[int, dict[str, Any]]]:
    """By their key: what no link seals."""
    rows = Transition.objects.filter(link=None).order_by("id").values("id", *_STEP)
    for row in rows.iterator(chunk_size=_CHUNK):
        yield row.pop("id"), row


def document_digests(invoice_ids: Iterable[str] | None = None) -> dict[str, str]:
    """By invoice, all where none is named; of what a document says, as it is kept."""
    invoices = Invoice.objects.order_by("invoice_id")
    lines = InvoiceLine.objects.order_by("invoice_id", "position")
    if invoice_ids is not None:
        invoices = invoices.filter(invoice_id__in=invoice_ids)
        lines = lines.filter(invoice_id__in=invoice_ids)
    by_invoice = defaultdict(list)
    for line in lines.values("invoice_id", *_LINE).iterator(chunk_size=_CHUNK):
        by_invoice[line.pop("invoice_id")].append(line)
    documents = invoices.values(*_DRAFTED, *_NUMBERED).iterator(chunk_size=_CHUNK)
    return {
        document["invoice_id"]: _digest(document, by_invoice[document["invoice_id"]])
        for document in documents
    }


def sealed_digests() -> dict[str, tuple[int, str]]:
    """By invoice: its last link, and the digest that it sealed."""
    newest = (
        DocumentSeal.objects.order_by("transition__invoice_id", "-position")
        .distinct("transition__invoice_id")
        .values_list("transition__invoice_id", "position", "document_digest")
    )
    return {invoice: (position, digest) for invoice, position, digest in newest}


def _digest(document: Mapping[str, Any], lines: list[dict[str, Any]]) -> str:
    content = {name: document[name] for name in _DRAFTED}
    if document["number"]:
        content |= {name: document[name] for name in _NUMBERED}
    return digest_of({**content, "lines": lines})
