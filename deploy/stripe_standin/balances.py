"""A customer's balance: immutable transactions whose sum it is, one balance per currency.

Negative is what we owe the customer. It is applied to whatever invoice of the customer in that
currency is finalised next.
"""

from deploy.stripe_standin.call import Call, merge_metadata
from deploy.stripe_standin.errors import invalid
from deploy.stripe_standin.listing import Query, list_page
from deploy.stripe_standin.store import Body, Store, new_identifier

DEFAULT_CURRENCY = "usd"


def balance_of(store: Store, customer: str, currency: str) -> int:
    statement = (
        "SELECT coalesce(sum(json_extract(body, '$.amount')), 0) AS balance FROM object WHERE "
        "parent = ? AND kind = 'customer_balance_transaction' "
        "AND json_extract(body, '$.currency') = ?"
    )
    return int(store.execute(statement, customer, currency)[0]["balance"])


def move_balance(
    store: Store,
    customer: str,
    amount: int,
    kind: str,
    *,
    currency: str | None = None,
    invoice: str | None = None,
    credit_note: str | None = None,
    description: str | None = None,
    metadata: Body | None = None,
) -> Body:
    """A customer without a currency gets that of the first transaction."""
    owner = store.get("customer", customer)
    own = owner["currency"] or currency or DEFAULT_CURRENCY
    moved_in = currency or own
    transaction = {
        "id": new_identifier("cbtxn"),
        "object": "customer_balance_transaction",
        "amount": amount,
        "checkout_session": None,
        "created": store.now(),
        "credit_note": credit_note,
        "currency": moved_in,
        "customer": customer,
        "customer_account": None,
        "description": description,
        "ending_balance": balance_of(store, customer, moved_in) + amount,
        "invoice": invoice,
        "livemode": False,
        "metadata": metadata or {},
        "type": kind,
    }
    store.add(transaction, parent=customer)
    balance = transaction["ending_balance"] if moved_in == own else owner["balance"]
    store.put({**owner, "currency": own, "balance": balance})
    return transaction


def apply_to_invoice(store: Store, invoice: Body, smallest: int) -> None:
    """What finalising does: the balance pays, or is paid; a debt too small to collect joins it."""
    owed = invoice["total"] + invoice["starting_balance"]
    customer, currency = invoice["customer"], invoice["currency"]
    applied = -invoice["starting_balance"] if owed > 0 else invoice["total"]
    for amount, kind in (
        (applied, "applied_to_invoice"),
        (owed if 0 < owed < smallest else 0, "invoice_too_small"),
    ):
        if amount:
            move_balance(store, customer, amount, kind, currency=currency, invoice=invoice["id"])
    invoice["ending_balance"] = balance_of(store, customer, currency)


def give_back(store: Store, invoice: Body) -> None:
    """What a voided invoice took of the balance comes back, unless Stripe is told to forget it.

    Stripe says so since 2019-12-03; others have seen that it does not.
    """
    if store.setting("void_keeps_balance", "no") == "yes":
        return
    taken = [
        one["amount"]
        for one in store.children(invoice["customer"], "customer_balance_transaction")
        if one["type"] == "applied_to_invoice" and one["invoice"] == invoice["id"]
    ]
    if sum(taken):
        currency = invoice["currency"]
        kind = "unapplied_from_invoice"
        owner, amount = invoice["customer"], -sum(taken)
        move_balance(store, owner, amount, kind, currency=currency, invoice=invoice["id"])


def create_transaction(call: Call) -> Body:
    call.accept("amount", "currency", "description", "metadata")
    customer = call.store.get("customer", call.path["customer"])
    if customer.get("deleted"):
        raise invalid(f"No such customer: '{customer['id']}'", code="resource_missing")
    return move_balance(
        call.store,
        customer["id"],
        call.params["amount"],
        "adjustment",
        currency=call.params["currency"],
        description=call.params.get("description"),
        metadata=merge_metadata({}, call.params.get("metadata")),
    )


def list_transactions(call: Call) -> Body:
    call.accept("created", "invoice", "limit", "starting_after", "ending_before")
    customer = call.store.get("customer", call.path["customer"])
    query = Query("customer_balance_transaction")
    query.where("parent = ?", customer["id"])
    query.where_created(call.params.get("created"))
    if "invoice" in call.params:
        query.where("json_extract(body, '$.invoice') = ?", call.params["invoice"])
    url = f"/v1/customers/{customer['id']}/balance_transactions"
    return list_page(call.store, query, call.params, url=url)
