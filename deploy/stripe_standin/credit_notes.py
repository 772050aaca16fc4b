"""Credit notes: issued when they are created, and never more than the invoice holds.

They reduce what remains to pay; what is over was paid already and is settled in full, by refund,
on the customer's balance or outside of Stripe. What is unconfirmed of it: docs/reference/stripe.md.
"""

from collections import Counter
from typing import Any, Final

from deploy.stripe_standin.balances import move_balance
from deploy.stripe_standin.call import Call, merge_metadata
from deploy.stripe_standin.credit_note_lines import note_lines
from deploy.stripe_standin.errors import invalid, malformed
from deploy.stripe_standin.events import changed_attributes
from deploy.stripe_standin.invoice_states import pay_off
from deploy.stripe_standin.invoice_totals import snapshot
from deploy.stripe_standin.listing import Query, list_page, page_of
from deploy.stripe_standin.payments import follow_remaining
from deploy.stripe_standin.refunds import refund_invoice, refuse_more_than_charged
from deploy.stripe_standin.store import Body, Store, new_identifier
from deploy.stripe_standin.taxes import exclusive, inclusive, rate_of, total_taxes

_WISHES: Final = (
    "invoice", "lines", "amount", "memo", "metadata", "reason", "effective_at", "email_type",
    "credit_amount", "refund_amount", "out_of_band_amount", "refunds",
)  # fmt: skip
_SETTLEMENTS: Final = ("credit_amount", "refund_amount", "out_of_band_amount")
_PREVIEW_URL: Final = "/v1/credit_notes/preview/lines"
_EMBEDDED_LINES: Final = 10


def create_note(call: Call) -> Body:
    call.accept(*_WISHES)
    invoice = _creditable_invoice(call)
    note, lines = _judged(call, invoice)
    _require_settlement(call.params, note)
    _apply(call, invoice, note, lines)
    shown = shown_note(call.store, note)
    call.tell("credit_note.created", shown)
    return shown


def preview_note(call: Call) -> Body:
    """All that creating it would refuse is refused here; no settlement at all is a question."""
    call.accept(*_WISHES)
    note, lines = _judged(call, _creditable_invoice(call))
    if any(name in call.params for name in (*_SETTLEMENTS, "refunds")):
        _require_settlement(call.params, note)
    return {**_public(note), "lines": _embedded(lines, _PREVIEW_URL)}


def preview_lines(call: Call) -> Body:
    call.accept(*_WISHES, "limit", "starting_after")
    _, lines = _judged(call, _creditable_invoice(call))
    for index, line in enumerate(lines):
        line["id"] = f"cnli_preview_{index}"  # the same in the next page's request
    return page_of(lines, call.params, url=_PREVIEW_URL)


def read_note(call: Call) -> Body:
    call.accept()
    return shown_note(call.store, call.store.get("credit_note", call.path["id"]))


def list_notes(call: Call) -> Body:
    call.accept("invoice", "customer", "created", "limit", "starting_after", "ending_before")
    query = Query("credit_note")
    query.where_created(call.params.get("created"))
    if "invoice" in call.params:
        query.where("parent = ?", call.params["invoice"])
    if "customer" in call.params:
        query.where("json_extract(body, '$.customer') = ?", call.params["customer"])
    page = list_page(call.store, query, call.params, url="/v1/credit_notes")
    return {**page, "data": [shown_note(call.store, note) for note in page["data"]]}


def list_lines(call: Call) -> Body:
    call.accept("limit", "starting_after", "ending_before")
    note = call.store.get("credit_note", call.path["credit_note"])
    query = Query("credit_note_line_item")
    query.where("parent = ?", note["id"])
    url = f"/v1/credit_notes/{note['id']}/lines"
    return list_page(call.store, query, call.params, url=url, newest_first=False)


def update_note(call: Call) -> Body:
    call.accept("memo", "metadata")
    before = call.store.get("credit_note", call.path["id"])
    after = {**before, "metadata": merge_metadata(before["metadata"], call.params.get("metadata"))}
    if "memo" in call.params:
        after["memo"] = call.params["memo"] or None
    call.store.put(after)
    shown = shown_note(call.store, after)
    changes = changed_attributes(shown_note(call.store, before), shown)
    call.tell("credit_note.updated", shown, changes)
    return shown


def void_note(call: Call) -> Body:
    """Only while its invoice is open, so that nothing of the note was settled yet."""
    note = call.store.get("credit_note", call.path["id"])
    call.accept()
    invoice = call.store.get("invoice", note["invoice"])
    if note["status"] == "void":
        raise invalid("This credit note has already been voided.")
    if invoice["status"] != "open":
        message = f"You can only void credit notes of open invoices; it is {invoice['status']}."
        raise invalid(message)
    voided = {**note, "status": "void", "voided_at": call.store.now()}
    call.store.put(voided)
    back = note["pre_payment_amount"]
    _reduce(call, invoice, -back)
    shown = shown_note(call.store, voided)
    call.tell("credit_note.voided", shown)
    return shown


def shown_note(store: Store, note: Body) -> Body:
    lines = store.children(note["id"], "credit_note_line_item", limit=_EMBEDDED_LINES + 1)
    return {**_public(note), "lines": _embedded(lines, f"/v1/credit_notes/{note['id']}/lines")}


def _public(note: Body) -> Body:
    return {name: value for name, value in note.items() if not name.startswith("_")}


def _embedded(lines: list[Body], url: str) -> Body:
    more = len(lines) > _EMBEDDED_LINES
    return {"object": "list", "data": lines[:_EMBEDDED_LINES], "has_more": more, "url": url}


def _creditable_invoice(call: Call) -> Body:
    invoice = call.store.get("invoice", call.params["invoice"], param="invoice", status=400)
    if invoice["status"] not in {"open", "paid"}:
        raise invalid(
            "Credit notes can only be issued for open or paid invoices. This invoice is "
            f"{invoice['status']}.",
            param="invoice",
        )
    return invoice


def _judged(call: Call, invoice: Body) -> tuple[Body, list[Body]]:
    """The note as it would be, and its lines; nothing is written."""
    params, store = call.params, call.store
    if ("lines" in params) is ("amount" in params):
        message = "One of `amount`, `lines`, or `shipping_cost` must be provided."
        raise malformed(message, param="lines", code="parameter_missing")
    lines = note_lines(store, invoice, params.get("lines", []))
    taxes = total_taxes([tax for line in lines for tax in line["taxes"]])
    subtotal = sum(line["amount"] for line in lines) if lines else params.get("amount", 0)
    total = subtotal + exclusive(taxes)
    notes = [n for n in store.children(invoice["id"], "credit_note") if n["status"] != "void"]
    _refuse_too_much(invoice, notes, total, taxes)
    before = min(total, invoice["amount_remaining"])
    count = store.count(invoice["id"], "credit_note") + 1
    note = {
        **_new_note(call, invoice, f"{invoice['number']}-CN-{count:02d}"),
        "amount": total,
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal - inclusive(taxes),
        "total": total,
        "total_excluding_tax": subtotal - inclusive(taxes),
        "total_taxes": taxes,
        "pre_payment_amount": before,
        "post_payment_amount": total - before,
        "type": _type(before, total),
    }
    return note, lines


def _type(before: int, total: int) -> str:
    if before == total:
        return "pre_payment"
    return "mixed" if before else "post_payment"


def _refuse_too_much(invoice: Body, notes: list[Body], total: int, taxes: list[Body]) -> None:
    if total <= 0:
        raise invalid("The amount of a credit note must be greater than 0.", param="amount")
    rest = invoice["total"] - sum(note["total"] for note in notes)
    if total > rest:
        message = f"The credit note's amount {total} is greater than what the invoice has: {rest}."
        raise invalid(message, param="amount")
    left: Counter[str] = Counter()
    for tax in invoice["total_taxes"]:
        left[rate_of(tax)] += tax["amount"]
    for tax in (*(tax for note in notes for tax in note["total_taxes"]), *taxes):
        left[rate_of(tax)] -= tax["amount"]
    if any(amount < 0 for amount in left.values()):
        raise invalid("The credit notes' tax is greater than the invoice's.", param="lines")


def _require_settlement(params: Body, note: Body) -> None:
    """To the unit: a payment that arrived since the caller looked makes it unequal."""
    amounts = [params.get(name, 0) for name in _SETTLEMENTS]
    amounts += [refund.get("amount_refunded", 0) for refund in params.get("refunds", [])]
    if any(amount < 0 for amount in amounts):
        raise invalid("The amounts of a settlement can't be negative.", param="credit_amount")
    if sum(amounts) != note["post_payment_amount"]:
        raise invalid(
            f"The sum of credit amount, refund amount and out of band amount ({sum(amounts)}) must "
            f"equal the credit note's post payment amount ({note['post_payment_amount']})."
        )


def _apply(call: Call, invoice: Body, note: Body, lines: list[Body]) -> None:
    params, store = call.params, call.store
    refund_amount = params.get("refund_amount", 0)
    refuse_more_than_charged(store, invoice["id"], refund_amount)
    linked = _linked_refunds(store, invoice, params.get("refunds", []))
    store.add(note, parent=invoice["id"])
    for line in lines:
        store.add(line, parent=note["id"])
    made = refund_invoice(call, invoice["id"], refund_amount)
    note["refunds"] = linked + [_refund(one["id"], one["amount"]) for one in made]
    if params.get("credit_amount"):
        transaction = move_balance(
            store,
            invoice["customer"],
            -params["credit_amount"],
            "credit_note",
            currency=invoice["currency"],
            invoice=invoice["id"],
            credit_note=note["id"],
        )
        note["customer_balance_transaction"] = transaction["id"]
    store.put(note)
    invoice["post_payment_credit_notes_amount"] += note["post_payment_amount"]
    _reduce(call, invoice, note["pre_payment_amount"])


def _reduce(call: Call, invoice: Body, amount: int) -> None:
    """What is due and what remains, less so much; an invoice credited to 0 is paid."""
    before = snapshot(call.store, invoice)
    invoice["amount_due"] -= amount
    invoice["amount_remaining"] -= amount
    invoice["pre_payment_credit_notes_amount"] += amount
    call.store.put(invoice)
    shown = snapshot(call.store, invoice)
    call.tell("invoice.updated", shown, changed_attributes(before, shown))
    if invoice["status"] == "open" and invoice["amount_remaining"] == 0:
        pay_off(call, invoice)
    follow_remaining(call.store, invoice)


def _linked_refunds(store: Store, invoice: Body, wanted: list[Body]) -> list[Body]:
    """Refunds that were made before, of charges of this invoice."""
    linked = []
    for index, fields in enumerate(wanted):
        param = f"refunds[{index}][refund]"
        if "refund" not in fields or "amount_refunded" not in fields:
            raise malformed(f"Missing required param: {param}.", param=param)
        refund = store.get("refund", fields["refund"], param=param, status=400)
        charge = store.get("charge", refund["charge"])
        intents = {one["id"] for one in store.children(invoice["id"], "payment_intent")}
        left = refund["amount"] - _linked_already(store, invoice, refund["id"])
        if charge["payment_intent"] not in intents or fields["amount_refunded"] > left:
            raise invalid("The refund is not one of this invoice, or not so much.", param=param)
        linked.append(_refund(refund["id"], fields["amount_refunded"]))
    return linked


def _linked_already(store: Store, invoice: Body, refund: str) -> int:
    return sum(
        one["amount_refunded"]
        for note in store.children(invoice["id"], "credit_note")
        for one in note["refunds"]
        if one["refund"] == refund
    )


def _refund(identifier: str, amount: int) -> Body:
    return {
        "amount_refunded": amount,
        "payment_record_refund": None,
        "refund": identifier,
        "type": "refund",
    }


def _new_note(call: Call, invoice: Body, number: str) -> Body:
    params, now = call.params, call.store.now()
    nothing: dict[str, Any] = dict.fromkeys(
        ("customer_account", "customer_balance_transaction", "shipping_cost", "voided_at")
    )
    identifier = new_identifier("cn")
    return {
        "id": identifier,
        "object": "credit_note",
        **nothing,
        "amount_shipping": 0,
        "created": now,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": params.get("effective_at", now),
        "invoice": invoice["id"],
        "livemode": False,
        "memo": params.get("memo"),
        "metadata": merge_metadata({}, params.get("metadata")),
        "number": number,
        "out_of_band_amount": params.get("out_of_band_amount"),
        "pdf": f"{call.public_url}/i/{invoice['id']}/{invoice['_token']}/pdf",
        "pretax_credit_amounts": [],
        "reason": params.get("reason"),
        "refunds": [],
        "status": "issued",
        "_mailed": params.get("email_type", "credit_note") != "none",
    }
