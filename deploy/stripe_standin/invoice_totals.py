"""An invoice's sums, and what its customer sees of it."""

from typing import Final

from deploy.stripe_standin.balances import balance_of
from deploy.stripe_standin.store import Body, Store
from deploy.stripe_standin.taxes import exclusive, inclusive, invoice_taxes

# Stripe, "Minimum and maximum charge amounts", in minor units; below it nothing is collected.
_SMALLEST_CHARGES: Final = {
    "usd": 50, "eur": 50, "cad": 50, "aud": 50, "chf": 50, "nzd": 50, "brl": 50, "sgd": 50,
    "gbp": 30, "jpy": 50, "dkk": 250, "nok": 300, "sek": 300, "inr": 50, "mxn": 1000,
    "pln": 200, "czk": 1500, "huf": 17500, "hkd": 400,
}  # fmt: skip
_DEFAULT_SMALLEST_CHARGE: Final = 50
_EMBEDDED_LINES: Final = 10


def recompute(store: Store, invoice: Body) -> None:
    """Sums of a draft; `amount_due` takes the customer's balance in, as Stripe does.

    A charge under the minimum is not collected: the debt moves to the balance.
    """
    rows = store.execute(
        "SELECT coalesce(sum(json_extract(body, '$.amount')), 0) AS total FROM object "
        "WHERE parent = ? AND kind = 'line_item'",
        invoice["id"],
    )
    subtotal, taxes = int(rows[0]["total"]), invoice_taxes(store, invoice["id"])
    invoice["total_taxes"] = taxes
    invoice["subtotal"] = subtotal
    invoice["total"] = subtotal + exclusive(taxes)
    untaxed = subtotal - inclusive(taxes)
    invoice["subtotal_excluding_tax"] = invoice["total_excluding_tax"] = untaxed
    balance = balance_of(store, invoice["customer"], invoice["currency"])
    owed = invoice["total"] + balance
    invoice["starting_balance"] = balance
    invoice["amount_due"] = owed if owed >= smallest_charge(invoice) else 0
    invoice["amount_remaining"] = invoice["amount_due"]


def smallest_charge(invoice: Body) -> int:
    return _SMALLEST_CHARGES.get(invoice["currency"], _DEFAULT_SMALLEST_CHARGE)


def snapshot(store: Store, invoice: Body) -> Body:
    """The object as Stripe returns it: with its first lines, without our own notes."""
    shown = {name: value for name, value in invoice.items() if not name.startswith("_")}
    lines = store.children(invoice["id"], "line_item", limit=_EMBEDDED_LINES + 1)
    shown["lines"] = {
        "object": "list",
        "data": lines[:_EMBEDDED_LINES],
        "has_more": len(lines) > _EMBEDDED_LINES,
        "url": f"/v1/invoices/{invoice['id']}/lines",
    }
    return shown
