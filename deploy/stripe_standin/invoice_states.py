"""An invoice's way: draft -> open -> paid, void or uncollectible."""

from collections.abc import Iterator
from typing import Final

from deploy.stripe_standin.call import Call
from deploy.stripe_standin.errors import StripeError, invalid
from deploy.stripe_standin.invoice_totals import recompute, snapshot
from deploy.stripe_standin.invoices import DAY_SECONDS
from deploy.stripe_standin.store import Body, Store

# Stripe's own test payment methods that are told apart here.
_DECLINED_CARDS: Final = frozenset({"pm_card_visa_chargeDeclined", "pm_card_chargeDeclined"})
_WAIT_FOR_WEBHOOK_SECONDS: Final = 72 * 3600


def finalize_invoice(call: Call) -> Body:
    call.accept("auto_advance")
    invoice = call.store.get("invoice", call.path["invoice"])
    if invoice["status"] != "draft":
        raise invalid(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
            code="invoice_not_editable",
        )
    if "auto_advance" in call.params:
        invoice["auto_advance"] = call.params["auto_advance"]
    _finalize(call, invoice)
    return snapshot(call.store, invoice)


def send_invoice(call: Call) -> Body:
    """Sending a draft finalises it first."""
    call.accept()
    invoice = call.store.get("invoice", call.path["invoice"])
    if invoice["collection_method"] != "send_invoice":
        raise invalid(
            "You can only manually send an invoice if its collection method is 'send_invoice'."
        )
    if not invoice["customer_email"]:
        message = "The customer has no email address that the invoice could be sent to."
        raise invalid(message, param="customer")
    if invoice["status"] == "draft":
        _finalize(call, invoice)
    if invoice["status"] not in {"open", "paid"}:
        raise invalid(f"You can't send an invoice whose status is {invoice['status']}.")
    shown = snapshot(call.store, invoice)
    call.tell("invoice.sent", shown)
    return shown


def pay_invoice(call: Call) -> Body:
    call.accept("paid_out_of_band", "payment_method", "off_session")
    invoice = _open_invoice(call, "pay")
    off_stripe = call.params.get("paid_out_of_band", False)
    method = call.params.get("payment_method") or invoice["default_payment_method"]
    if not off_stripe:
        _charge(method)
    settle(call, invoice, off_stripe=off_stripe)
    return snapshot(call.store, invoice)


def void_invoice(call: Call) -> Body:
    call.accept()
    invoice = call.store.get("invoice", call.path["invoice"])
    if invoice["status"] not in {"open", "uncollectible"}:
        raise invalid(
            "You can only pass in open or uncollectible invoices. This invoice is "
            f"{invoice['status']}.",
            code="invoice_not_editable",
        )
    _move(call, invoice, "void", "voided_at", "invoice.voided")
    return snapshot(call.store, invoice)


def mark_uncollectible(call: Call) -> Body:
    call.accept()
    invoice = _open_invoice(call, "mark as uncollectible")
    _move(call, invoice, "uncollectible", "marked_uncollectible_at", "invoice.marked_uncollectible")
    return snapshot(call.store, invoice)


def settle(call: Call, invoice: Body, *, off_stripe: bool) -> None:
    """The whole of what is due has been paid."""
    due = invoice["amount_due"]
    invoice["amount_paid"] = due
    invoice["amount_paid_off_stripe"] = due if off_stripe else 0
    invoice["amount_remaining"] = 0
    invoice["attempted"] = True
    _move(call, invoice, "paid", "paid_at", "invoice.paid")
    call.tell("invoice.payment_succeeded", snapshot(call.store, invoice))


def sweep(store: Store, public_url: str) -> int:
    """What Stripe does by itself as time passes; returns how many invoices it moved."""
    moved = 0
    for invoice in _due_drafts(store):
        _finalize(_by_itself(store, invoice, public_url), invoice)
        moved += 1
    for invoice in _newly_overdue(store):
        invoice["_overdue_told"] = True
        store.put(invoice)
        _by_itself(store, invoice, public_url).tell("invoice.overdue", snapshot(store, invoice))
        moved += 1
    return moved


def _by_itself(store: Store, invoice: Body, public_url: str) -> Call:
    return Call(store=store, params={}, path={"invoice": invoice["id"]}, public_url=public_url)


def _due_drafts(store: Store) -> Iterator[Body]:
    """Drafts an hour old whose `invoice.created` was acknowledged, or 72 hours old."""
    now = store.now()
    statement = (
        "SELECT id FROM object WHERE kind = 'invoice' AND status = 'draft' "
        "AND json_extract(body, '$.automatically_finalizes_at') <= ?"
    )
    for row in store.execute(statement, now):
        invoice = store.get("invoice", row["id"])
        waited = now - invoice["created"]
        if waited >= _WAIT_FOR_WEBHOOK_SECONDS or _creation_acknowledged(store, invoice["id"]):
            yield invoice


def _creation_acknowledged(store: Store, identifier: str) -> bool:
    statement = (
        "SELECT 1 FROM object JOIN delivery ON delivery.event = object.id "
        "WHERE kind = 'event' AND delivery.state != 'delivered' "
        "AND json_extract(body, '$.type') = 'invoice.created' "
        "AND json_extract(body, '$.data.object.id') = ?"
    )
    return not store.execute(statement, identifier)


def _newly_overdue(store: Store) -> list[Body]:
    statement = (
        "SELECT id FROM object WHERE kind = 'invoice' AND status = 'open' "
        "AND json_extract(body, '$.due_date') < ? AND NOT json_extract(body, '$._overdue_told')"
    )
    return [store.get("invoice", row["id"]) for row in store.execute(statement, store.now())]


def _open_invoice(call: Call, verb: str) -> Body:
    invoice = call.store.get("invoice", call.path["invoice"])
    if invoice["status"] == "paid":
        raise invalid("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] != "open":
        raise invalid(f"You can't {verb} an invoice whose status is {invoice['status']}.")
    return invoice


def _charge(method: str | None) -> None:
    if method is None:
        raise invalid(
            "There is no `default_payment_method` set on this Customer or Invoice. Please either "
            "attach a payment method or pass one.",
            code="missing",
        )
    if method in _DECLINED_CARDS:
        raise StripeError(
            402,
            "Your card was declined.",
            type="card_error",
            code="card_declined",
            decline_code="generic_decline",
        )


def _move(call: Call, invoice: Body, status: str, at: str, event: str) -> None:
    old = {"status": invoice["status"]}
    invoice["status"] = status
    if status != "open":
        invoice["auto_advance"] = False
    invoice["status_transitions"] = {**invoice["status_transitions"], at: call.store.now()}
    call.store.put(invoice)
    shown = snapshot(call.store, invoice)
    call.tell("invoice.updated", shown, old)
    call.tell(event, shown)


def _finalize(call: Call, invoice: Body) -> None:
    """Take the number, fix the sums; what is too little to collect goes to the balance."""
    store, now = call.store, call.store.now()
    recompute(store, invoice)
    customer = store.get("customer", invoice["customer"])
    if invoice["number"] is None:
        sequence = customer["next_invoice_sequence"]
        invoice["number"] = f"{customer['invoice_prefix']}-{sequence:04d}"
        customer["next_invoice_sequence"] = sequence + 1
    owed = invoice["total"] + invoice["starting_balance"]
    invoice["ending_balance"] = owed - invoice["amount_due"]
    store.put({**customer, "balance": invoice["ending_balance"]})
    if invoice["_days_until_due"] is not None:
        invoice["due_date"] = now + invoice["_days_until_due"] * DAY_SECONDS
    page = f"{call.public_url}/i/{invoice['id']}/{invoice['_token']}"
    invoice["hosted_invoice_url"] = page
    invoice["invoice_pdf"] = f"{page}/pdf"
    invoice["effective_at"] = invoice["effective_at"] or now
    invoice["automatically_finalizes_at"] = None
    _move(call, invoice, "open", "finalized_at", "invoice.finalized")
    if invoice["amount_due"] == 0:
        settle(call, invoice, off_stripe=False)
