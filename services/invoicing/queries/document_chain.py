"""What the chain of seals is made of, as the database has it now."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from services.invoicing.domain.document_chain import Link, digest_of
from services.invoicing.models import (
    CreditNote,
    CreditNoteLine,
    DocumentSeal,
    Invoice,
    InvoiceLine,
    Transition,
    TrueUpAccount,
)

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
# Of a line that corrects another month.
_CORRECTS: Final = "account_id"
# Of a line that is taxed by us, and of a note on such lines.
_TAX: Final = ("tax_category", "tax_percent", "tax_place", "tax_minor")
_LINE_TAXES: Final = "line_taxes"
_OF_NOTE: Final = "note_id"
_OF_ACCOUNT: Final = "account_id"
# Steps of invoices were sealed before there were any of these, and say nothing of them.
_LATER: Final = (_OF_NOTE, _OF_ACCOUNT)
_ACCOUNT: Final = ("account_id", "customer_id", "contract_id", "period", "seller", "currency")
_NOTED: Final = (
    *("note_id", "customer_id", "invoice_id", "account_id", "period", "kind", "causes"),
    *("close_number", "run_id", "currency", "net_minor", "detail"),
)
_NOTE_NUMBERED: Final = (
    *("number", "stripe_credit_note_id", "issued_at", "settlement", "tax_minor"),
)
_NOTE_LINE: Final = ("position", "invoice_line_id", "amount_minor")
_CHUNK: Final = 2000


def read_links() -> Iterator[Link]:
    """All whose step is there, in their order."""
    rows = DocumentSeal.objects.order_by("position").values(
        *("position", "document_digest", "is_adopted", "key_id", "seal", "transition_id"),
        *(f"transition__{name}" for name in (*_STEP, *_LATER)),
    )
    for row in rows.iterator(chunk_size=_CHUNK):
        step = _step({name: row[f"transition__{name}"] for name in (*_STEP, *_LATER)})
        yield Link(
            position=row["position"],
            content=link_content(step, row["document_digest"], is_adopted=row["is_adopted"]),
            key_id=row["key_id"],
            seal=row["seal"],
        )


def link_content(step: Mapping[str, Any], digest: str, *, is_adopted: bool) -> dict[str, Any]:
    at: datetime = step["at"]
    return {
        **step,
        "at": at.astimezone(UTC).isoformat(),
        "document": digest,
        "is_adopted": is_adopted,
    }


def step_of(transition: Transition) -> dict[str, Any]:
    return _step({name: getattr(transition, name) for name in (*_STEP, *_LATER)})


def document_of(step: Mapping[str, Any]) -> str:
    """The invoice, the credit note or the account that a step is of."""
    document: str = step["invoice_id"] or step.get(_OF_NOTE) or step[_OF_ACCOUNT]
    return document


def _step(values: dict[str, Any]) -> dict[str, Any]:
    of = [name for name in _LATER if values[name]]
    return {name: values[name] for name in (*_STEP, *of)}


def unsealed_steps() -> Iterator[tuple[int, dict[str, Any]]]:
    """By their key: what no link seals."""
    rows = Transition.objects.filter(link=None).order_by("id").values("id", *_STEP, *_LATER)
    for row in rows.iterator(chunk_size=_CHUNK):
        yield row.pop("id"), _step(row)


def document_digests() -> dict[str, str]:
    """By document, of all: of what it says, as it is kept."""
    return {**_of_invoices({}), **_of_notes({}), **_of_accounts({})}


def digest_of_document(step: Mapping[str, Any]) -> str:
    """Of the one document that a step is of."""
    key = document_of(step)
    if step["invoice_id"]:
        return _of_invoices({"invoice_id": key})[key]
    if step.get(_OF_NOTE):
        return _of_notes({"note_id": key})[key]
    return _of_accounts({"account_id": key})[key]


def _of_invoices(which: Mapping[str, str]) -> dict[str, str]:
    lines = InvoiceLine.objects.order_by("position").values("invoice_id", *_LINE, _CORRECTS, *_TAX)
    by_invoice = defaultdict(list)
    for line in _rows(lines, which):
        if line[_CORRECTS] is None:
            del line[_CORRECTS]
        if line["tax_minor"] is None:
            line = {name: line[name] for name in line if name not in _TAX}  # noqa: PLW2901
        by_invoice[line.pop("invoice_id")].append(line)
    return {
        one["invoice_id"]: _digest(one, _DRAFTED, _NUMBERED, by_invoice[one["invoice_id"]])
        for one in _rows(Invoice.objects.values(*_DRAFTED, *_NUMBERED), which)
    }


def _of_notes(which: Mapping[str, str]) -> dict[str, str]:
    lines = CreditNoteLine.objects.order_by("position").values("note_id", *_NOTE_LINE)
    by_note = defaultdict(list)
    for line in _rows(lines, which):
        by_note[line.pop("note_id")].append(line)
    return {
        one["note_id"]: _digest(one, _NOTED, _NOTE_NUMBERED, by_note[one["note_id"]])
        for one in _rows(CreditNote.objects.values(*_NOTED, *_NOTE_NUMBERED, _LINE_TAXES), which)
    }


def _of_accounts(which: Mapping[str, str]) -> dict[str, str]:
    """Those with a step: one without says nothing that was sealed."""
    accounts = TrueUpAccount.objects.exclude(transitions=None).distinct().values(*_ACCOUNT)
    return {one["account_id"]: digest_of(dict(one)) for one in _rows(accounts, which)}


def _rows(rows: Any, which: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    """Where they may be many in parts, which takes three statements more."""
    few: Iterable[dict[str, Any]] = rows.filter(**which)
    return few if which else rows.iterator(chunk_size=_CHUNK)


def sealed_digests() -> dict[str, tuple[int, str]]:
    """By document: its last link, and the digest that it sealed."""
    of = ("transition__invoice_id", "transition__note_id", "transition__account_id")
    newest = (
        DocumentSeal.objects.order_by(*of, "-position")
        .distinct(*of)
        .values_list(*of, "position", "document_digest")
    )
    return {
        invoice or note or account: (position, digest)
        for invoice, note, account, position, digest in newest
    }


def _digest(
    document: Mapping[str, Any],
    drafted: Iterable[str],
    numbered: Iterable[str],
    lines: list[dict[str, Any]],
) -> str:
    content = {name: document[name] for name in drafted}
    if document["number"]:
        content |= {name: document[name] for name in numbered}
        if document.get(_LINE_TAXES):
            content[_LINE_TAXES] = document[_LINE_TAXES]
    return digest_of({**content, "lines": lines})
