"""What customers and banks do, which no call of the API can: pay a part, fail, dispute.

A test or the demo says so at `/_control`: docs/reference/stripe.md has the names.
"""

from collections.abc import Callable
from typing import Any, Final

from deploy.stripe_standin.call import Call
from deploy.stripe_standin.errors import invalid, malformed
from deploy.stripe_standin.invoice_states import after_payment, pay_part
from deploy.stripe_standin.invoice_totals import snapshot
from deploy.stripe_standin.payments import (
    cancel,
    default_payment,
    follow_remaining,
    new_payment,
    succeed,
)
from deploy.stripe_standin.refunds import dispute, fail_refund
from deploy.stripe_standin.store import Body

_BEGUN: Final = ("processing", "requires_action", "requires_capture")


def move_money(call: Call, name: str, wish: Any) -> Body:
    if not isinstance(wish, dict):
        raise malformed("What is wished for is an object.")
    return MONEY[name](call, wish)


def _pay(call: Call, wish: Body) -> Body:
    """`invoice`, `amount` (else all that remains), `out_of_band`; more than remains is overpaid."""
    invoice = _open_invoice(call, wish)
    amount = _amount(wish, invoice)
    pay_part(call, invoice, amount, off_stripe=wish.get("out_of_band", False))
    return snapshot(call.store, invoice)


def _begin_payment(call: Call, wish: Body) -> Body:
    """A debit that takes days: the whole by the default payment, a part by one of its own.

    `intent` is what it is at, else `processing`: the customer may still have to do something.
    """
    invoice = _open_invoice(call, wish)
    intent = wish.get("intent", "processing")
    if intent not in _BEGUN:
        raise malformed(f"The intent is one of {', '.join(_BEGUN)}.", param="intent")
    amount = _amount(wish, invoice)
    default = default_payment(call.store, invoice)
    if default is None or amount != invoice["amount_remaining"]:
        return new_payment(call.store, invoice, amount, status=intent, default=False)
    _set_intent(call, default, intent)
    return default


def _finish_payment(call: Call, wish: Body) -> Body:
    """`payment`, and `outcome`: paid or failed."""
    payment = call.store.get("invoice_payment", str(wish.get("payment")))
    if payment["status"] != "open":
        raise invalid(f"The payment is {payment['status']}.")
    invoice = call.store.get("invoice", payment["invoice"])
    outcome = wish.get("outcome")
    if outcome == "paid":
        succeed(call, invoice, payment, payment["amount_requested"])
        after_payment(call, invoice)
    elif outcome != "failed":
        raise malformed("The outcome is paid or failed.", param="outcome")
    elif payment["is_default"]:
        _set_intent(call, payment, "requires_payment_method")
        follow_remaining(call.store, invoice)
    else:
        cancel(call.store, payment)
    return snapshot(call.store, invoice)


def _fail_refund(call: Call, wish: Body) -> Body:
    return fail_refund(call, str(wish.get("refund")))


def _dispute(call: Call, wish: Body) -> Body:
    return dispute(call, str(wish.get("charge")), str(wish.get("outcome")))


def _void_keeps_balance(call: Call, wish: Body) -> Body:
    """Whether Stripe forgets to give back what a voided invoice took of the balance: `keeps`."""
    call.store.set_setting("void_keeps_balance", "yes" if wish.get("keeps") else "no")
    return {"keeps": bool(wish.get("keeps"))}


MONEY: Final[dict[str, Callable[[Call, Body], Body]]] = {
    "pay": _pay,
    "begin_payment": _begin_payment,
    "finish_payment": _finish_payment,
    "fail_refund": _fail_refund,
    "dispute": _dispute,
    "void_keeps_balance": _void_keeps_balance,
}


def _open_invoice(call: Call, wish: Body) -> Body:
    invoice = call.store.get("invoice", str(wish.get("invoice")))
    if invoice["status"] != "open":
        raise invalid(f"The invoice is {invoice['status']}.")
    return invoice


def _amount(wish: Body, invoice: Body) -> int:
    amount = wish.get("amount", invoice["amount_remaining"])
    if not isinstance(amount, int) or amount <= 0:
        raise malformed("`amount` is a whole number above 0.", param="amount")
    return amount


def _set_intent(call: Call, payment: Body, status: str) -> None:
    intent = call.store.get("payment_intent", payment["payment"]["payment_intent"])
    call.store.put({**intent, "status": status})
