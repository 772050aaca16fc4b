"""What is paid for an invoice: payment intents, charges, and the invoice's payments.

Finalising makes a default payment, `open` while something remains, whether or not anybody pays:
that money is under way only its payment intent tells (`processing`).
"""

from typing import Final

from deploy.stripe_standin.balances import move_balance
from deploy.stripe_standin.call import Call
from deploy.stripe_standin.listing import Query, list_page
from deploy.stripe_standin.store import Body, Store, new_identifier

_INTENT: Final = "payment.payment_intent"
_CHARGE: Final = "payment.payment_intent.latest_charge"


def list_payments(call: Call) -> Body:
    """`expand` does two things here: payment intents, and their latest charges."""
    call.accept(
        "invoice", "payment", "status", "created", "limit", "starting_after", "ending_before"
    )
    query = Query("invoice_payment")
    of = call.params.get("payment", {})
    if of:
        query.where("json_extract(body, '$.payment.' || ?) = ?", of["type"], of.get(of["type"]))
    query.where_created(call.params.get("created"))
    if "invoice" in call.params:
        query.where("parent = ?", call.params["invoice"])
    if "status" in call.params:
        query.where("status = ?", call.params["status"])
    page = list_page(call.store, query, call.params, url="/v1/invoice_payments")
    wanted = {name.removeprefix("data.") for name in call.params.get("expand", [])}
    return {**page, "data": [_expanded(call.store, one, wanted) for one in page["data"]]}


def read_payment(call: Call) -> Body:
    call.accept()
    payment = call.store.get("invoice_payment", call.path["invoice_payment"])
    return _expanded(call.store, payment, set(call.params.get("expand", [])))


def _expanded(store: Store, payment: Body, wanted: set[str]) -> Body:
    intent_id = payment["payment"].get("payment_intent")
    if intent_id is None or not wanted & {_INTENT, _CHARGE}:
        return payment
    intent = store.get("payment_intent", intent_id)
    if _CHARGE in wanted and intent["latest_charge"] is not None:
        intent["latest_charge"] = store.get("charge", intent["latest_charge"])
    return {**payment, "payment": {**payment["payment"], "payment_intent": intent}}


def list_charges(call: Call) -> Body:
    call.accept("created", "customer", "payment_intent", "limit", "starting_after", "ending_before")
    query = Query("charge")
    query.where_created(call.params.get("created"))
    for name in ("customer", "payment_intent"):
        if name in call.params:
            query.where(f"json_extract(body, '$.{name}') = ?", call.params[name])
    return list_page(call.store, query, call.params, url="/v1/charges")


def read_charge(call: Call) -> Body:
    call.accept()
    return call.store.get("charge", call.path["charge"])


def new_payment(store: Store, invoice: Body, amount: int, *, status: str, default: bool) -> Body:
    """A payment by card or debit that is `open`, with an intent of that status."""
    intent = {
        "id": new_identifier("pi"),
        "object": "payment_intent",
        "amount": amount,
        "amount_received": 0,
        "created": store.now(),
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "status": status,
    }
    store.add(intent, parent=invoice["id"])
    of = {"type": "payment_intent", "payment_intent": intent["id"]}
    return _add_payment(store, invoice, amount, of, default=default)


def default_payment(store: Store, invoice: Body) -> Body | None:
    """The default one, while it is open."""
    payments = store.children(invoice["id"], "invoice_payment")
    open_ones = (one for one in payments if one["is_default"] and one["status"] == "open")
    return next(open_ones, None)


def follow_remaining(store: Store, invoice: Body) -> None:
    """The default payment asks for what remains; where nothing does, it is canceled."""
    payment = default_payment(store, invoice)
    if payment is None:
        return
    intent = store.get("payment_intent", payment["payment"]["payment_intent"])
    if intent["status"] == "processing":
        return  # what is under way can't be changed any more
    remaining = _remaining(invoice)
    if remaining:
        store.put({**payment, "amount_requested": remaining})
        store.put({**intent, "amount": remaining})
    else:
        cancel(store, payment)


def cancel(store: Store, payment: Body) -> None:
    intent = store.get("payment_intent", payment["payment"]["payment_intent"])
    store.put({**intent, "status": "canceled"})
    transitions = {"canceled_at": store.now(), "paid_at": None}
    store.put({**payment, "status": "canceled", "status_transitions": transitions})


def succeed(call: Call, invoice: Body, payment: Body, amount: int) -> None:
    """The intent is charged; what the invoice needs of it is paid, the rest is on the balance."""
    store = call.store
    intent = store.get("payment_intent", payment["payment"]["payment_intent"])
    charge = _charge(store, invoice, intent["id"], amount)
    store.put(
        {
            **intent,
            "amount": amount,
            "amount_received": amount,
            "latest_charge": charge["id"],
            "status": "succeeded",
        }
    )
    call.tell("charge.succeeded", charge)
    _take(call, invoice, payment, amount)


def record_off_stripe(call: Call, invoice: Body, amount: int) -> None:
    of = {"type": "payment_record", "payment_record": new_identifier("pr")}
    payment = _add_payment(call.store, invoice, amount, of, default=False)
    invoice["amount_paid_off_stripe"] += min(amount, _remaining(invoice))
    _take(call, invoice, payment, amount)


def _take(call: Call, invoice: Body, payment: Body, amount: int) -> None:
    """Sums of the invoice; its state is the caller's."""
    taken = min(amount, _remaining(invoice))
    invoice["amount_paid"] += taken
    invoice["amount_remaining"] -= taken
    invoice["attempted"] = True
    over = amount - taken
    if over:
        invoice["amount_overpaid"] += over
        move_balance(
            call.store,
            invoice["customer"],
            -over,
            "invoice_overpaid",
            currency=invoice["currency"],
            invoice=invoice["id"],
        )
    paid = {
        **payment,
        "amount_paid": taken,
        "amount_requested": amount,
        "status": "paid",
        "status_transitions": {"canceled_at": None, "paid_at": call.store.now()},
    }
    call.store.put(paid)
    call.tell("invoice_payment.paid", paid)


def _remaining(invoice: Body) -> int:
    """What comes for an invoice that is void or paid meanwhile pays nothing of it."""
    return int(invoice["amount_remaining"]) if invoice["status"] == "open" else 0


def _add_payment(store: Store, invoice: Body, amount: int, of: Body, *, default: bool) -> Body:
    payment = {
        "id": new_identifier("inpay"),
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": amount,
        "created": store.now(),
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": default,
        "livemode": False,
        "payment": of,
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
    store.add(payment, parent=invoice["id"])
    return payment


def _charge(store: Store, invoice: Body, intent: str, amount: int) -> Body:
    charge = {
        "id": new_identifier("ch"),
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": 0,
        "billing_details": {
            "address": None, "email": None, "name": None, "phone": None, "tax_id": None,
        },
        "captured": True,
        "created": store.now(),
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "disputed": False,
        "livemode": False,
        "metadata": {},
        "paid": True,
        "payment_intent": intent,
        "refunded": False,
        "status": "succeeded",
    }  # fmt: skip
    store.add(charge, parent=invoice["id"])
    return charge
