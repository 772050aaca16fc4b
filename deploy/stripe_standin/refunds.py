"""Money that goes back by the way it came: refunds, refunds that fail, disputes."""

from typing import Final

from deploy.stripe_standin.call import Call, merge_metadata
from deploy.stripe_standin.errors import StripeError, invalid, malformed
from deploy.stripe_standin.listing import Query, list_page
from deploy.stripe_standin.store import Body, Store, new_identifier

DISPUTE_OUTCOMES: Final = {"opened": "needs_response", "won": "won", "lost": "lost"}


def create_refund(call: Call) -> Body:
    call.accept("charge", "payment_intent", "amount", "reason", "metadata")
    charge = _charge_named(call)
    amount = call.params.get("amount", charge["amount"] - charge["amount_refunded"])
    rest = refundable(call.store, charge)
    if amount <= 0 or amount > rest:
        raise _too_much(amount, rest)
    return make_refund(
        call,
        charge,
        amount,
        reason=call.params.get("reason"),
        metadata=merge_metadata({}, call.params.get("metadata")),
    )


def read_refund(call: Call) -> Body:
    call.accept()
    return call.store.get("refund", call.path["refund"])


def list_refunds(call: Call) -> Body:
    call.accept("charge", "payment_intent", "created", "limit", "starting_after", "ending_before")
    return _list_of_charges(call, "refund", "/v1/refunds")


def read_dispute(call: Call) -> Body:
    call.accept()
    return call.store.get("dispute", call.path["dispute"])


def list_disputes(call: Call) -> Body:
    call.accept("charge", "payment_intent", "created", "limit", "starting_after", "ending_before")
    return _list_of_charges(call, "dispute", "/v1/disputes")


def _list_of_charges(call: Call, kind: str, url: str) -> Body:
    query = Query(kind)
    query.where_created(call.params.get("created"))
    for name in ("charge", "payment_intent"):
        if name in call.params:
            query.where(f"json_extract(body, '$.{name}') = ?", call.params[name])
    return list_page(call.store, query, call.params, url=url)


def refundable(store: Store, charge: Body) -> int:
    """A charge whose dispute was not won gives nothing back; `disputed` stays even then."""
    disputes = store.children(charge["id"], "dispute")
    if any(one["status"] != "won" for one in disputes):
        return 0
    return int(charge["amount"] - charge["amount_refunded"])


def refuse_more_than_charged(store: Store, invoice: str, amount: int) -> None:
    rest = sum(refundable(store, charge) for charge in store.children(invoice, "charge"))
    if amount > rest:
        raise _too_much(amount, rest)


def refund_invoice(call: Call, invoice: str, amount: int) -> list[Body]:
    """From the newest charge to the oldest, until the amount is given back."""
    refunds = []
    for charge in reversed(call.store.children(invoice, "charge")):
        part = min(amount, refundable(call.store, charge))
        if part:
            refunds.append(make_refund(call, charge, part))
            amount -= part
    return refunds


def make_refund(
    call: Call,
    charge: Body,
    amount: int,
    *,
    reason: str | None = None,
    metadata: Body | None = None,
) -> Body:
    store = call.store
    refund = {
        "id": new_identifier("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": store.now(),
        "currency": charge["currency"],
        "metadata": metadata or {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    store.add(refund, parent=charge["id"])
    call.tell("refund.created", refund)
    call.tell("charge.refunded", _refunded(store, charge, amount))
    return refund


def fail_refund(call: Call, refund: str) -> Body:
    """The bank sends it back: the money is ours again, and the charge's."""
    made = call.store.get("refund", refund)
    if made["status"] == "failed":
        raise invalid("The refund has failed already.")
    failed = {**made, "status": "failed", "failure_reason": "expired_or_canceled_card"}
    call.store.put(failed)
    _refunded(call.store, call.store.get("charge", made["charge"]), -made["amount"])
    call.tell("refund.updated", failed)
    call.tell("refund.failed", failed)
    return failed


def dispute(call: Call, charge: str, outcome: str) -> Body:
    """`opened`, then `won` or `lost`: what of it a client sees is the charge and the event."""
    if outcome not in DISPUTE_OUTCOMES:
        raise malformed(f"The outcome is one of {', '.join(DISPUTE_OUTCOMES)}.", param="outcome")
    charged = call.store.get("charge", charge)
    disputed = {**charged, "disputed": True}
    call.store.put(disputed)
    before = call.store.children(charge, "dispute")
    shown = {
        **(before[0] if before else _new_dispute(call.store, charged)),
        "status": DISPUTE_OUTCOMES[outcome],
    }
    if before:
        call.store.put(shown)
    else:
        call.store.add(shown, parent=charge)
    call.tell(f"charge.dispute.{'created' if outcome == 'opened' else 'closed'}", shown)
    return disputed


def _new_dispute(store: Store, charge: Body) -> Body:
    return {
        "id": new_identifier("dp"),
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": store.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": None,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": "general",
    }


def _refunded(store: Store, charge: Body, amount: int) -> Body:
    refunded = charge["amount_refunded"] + amount
    changed = {**charge, "amount_refunded": refunded, "refunded": refunded == charge["amount"]}
    store.put(changed)
    return changed


def _charge_named(call: Call) -> Body:
    if ("charge" in call.params) is ("payment_intent" in call.params):
        raise malformed("One of charge and payment_intent is needed.", param="charge")
    if "charge" in call.params:
        return call.store.get("charge", call.params["charge"], param="charge", status=400)
    name = call.params["payment_intent"]
    intent = call.store.get("payment_intent", name, param="payment_intent", status=400)
    if intent["latest_charge"] is None:
        message = f"This PaymentIntent ({name}) does not have a successful charge to refund."
        raise invalid(message, param="payment_intent")
    return call.store.get("charge", intent["latest_charge"])


def _too_much(amount: int, rest: int) -> StripeError:
    return invalid(
        f"Refund amount ({amount}) is greater than unrefunded amount on charge ({rest}).",
        param="amount",
        code="charge_already_refunded" if rest == 0 else "",
    )
