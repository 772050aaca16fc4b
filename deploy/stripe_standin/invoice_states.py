"""An invoice's way: draft -> open -> paid, void or uncollectible."""

from collections.abc import Iterator
from typing import Final

from deploy.stripe_standin.balances import apply_to_invoice, give_back
from deploy.stripe_standin.call import Call
from deploy.stripe_standin.errors import StripeError, invalid
from deploy.stripe_standin.invoice_totals import recompute, smallest_charge, snapshot
from deploy.stripe_standin.invoices import DAY_SECONDS
from deploy.stripe_standin.payments import (
    default_payment,
    follow_remaining,
    new_payment,
    record_off_stripe,
    succeed,
)
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
        _require_card(method)
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
    follow_remaining(call.store, invoice)
    give_back(call.store, invoice)
    return snapshot(call.store, invoice)


def mark_uncollectible(call: Call) -> Body:
    call.accept()
    invoice = _open_invoice(call, "mark as uncollectible")
    _move(call, invoice, "uncollectible", "marked_uncollectible_at", "invoice.marked_uncollectible")
    return snapshot(call.store, invoice)


def settle(call: Call, invoice: Body, *, off_stripe: bool) -> None:
    """The whole of what remains is paid."""
    pay_part(call, invoice, invoice["amount_remaining"], off_stripe=off_stripe)


def pay_part(call: Call, invoice: Body, amount: int, *, off_stripe: bool) -> None:
    """So much has arrived; what is over goes to the customer's balance."""
    if off_stripe:
        record_off_stripe(call, invoice, amount)
    elif amount:
        succeed(call, invoice, _payment_for(call.store, invoice, amount), amount)
    after_payment(call, invoice)


def after_payment(call: Call, invoice: Body) -> None:
    """It is paid where nothing remains, else told as updated."""
    if invoice["status"] == "open" and invoice["amount_remaining"] == 0:
        pay_off(call, invoice)
        call.tell("invoice.payment_succeeded", snapshot(call.store, invoice))
    else:
        call.store.put(invoice)
        call.tell("invoice.updated", snapshot(call.store, invoice))
    follow_remaining(call.store, invoice)


def pay_off(call: Call, invoice: Body) -> None:
    """Nothing remains: by payments, by the balance, or by credit notes."""
    _move(call, invoice, "paid", "paid_at", "invoice.paid")


def _payment_for(store: Store, invoice: Body, amount: int) -> Body:
    """The default payment for the whole of what remains; a part is a payment of its own."""
    default = default_payment(store, invoice)
    if default is not None and amount == invoice["amount_remaining"]:
        return default
    return new_payment(store, invoice, amount, status="processing", default=False)


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


def _require_card(method: str | None) -> None:
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
    store.put(customer)
    apply_to_invoice(store, invoice, smallest_charge(invoice))
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
    else:
        intent = "requires_payment_method"
        new_payment(store, invoice, invoice["amount_due"], status=intent, default=True)
