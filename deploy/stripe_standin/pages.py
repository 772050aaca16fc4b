"""The hosted invoice page: what the customer opens from the e-mail, with a button to pay."""

import hmac
from datetime import UTC, datetime
from html import escape
from typing import Final

from deploy.stripe_standin.call import Call
from deploy.stripe_standin.errors import missing
from deploy.stripe_standin.invoice_states import settle
from deploy.stripe_standin.store import Body, Store
from shared.money import Money

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Invoice {number}</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
body {{ max-width: 44rem; margin: 2rem auto; padding: 0 1rem }}
table {{ width: 100%; border-collapse: collapse; margin: 1.5rem 0 }}
td, th {{ padding: .4rem 0; border-bottom: 1px solid #8884; text-align: left }}
td:last-child, th:last-child {{ text-align: right; font-variant-numeric: tabular-nums }}
button {{ font: inherit; padding: .6rem 2rem; border: 0; border-radius: .4rem; color: #fff;
  background: #1f5fbf; cursor: pointer }}
small {{ opacity: .7 }}
</style></head><body>
<small>Stripe stand-in: no money moves here</small>
<h1>Invoice {number}</h1>
<p>{customer}<br>Status: <strong>{status}</strong>{due}</p>
<table><thead><tr><th>Description</th><th>Amount</th></tr></thead><tbody>
{lines}
<tr><th>Total</th><th>{total}</th></tr>
{settled}
<tr><th>Left to pay</th><th>{remaining}</th></tr>
</tbody></table>
{action}
</body></html>
"""


def find_by_token(store: Store, identifier: str, token: str) -> Body:
    invoice = store.get("invoice", identifier)
    if not hmac.compare_digest(invoice["_token"].encode(), token.encode()):
        raise missing("invoice", identifier)
    return invoice


def invoice_page(store: Store, invoice: Body) -> str:
    lines = "\n".join(
        f"<tr><td>{escape(line['description'] or '')}</td>"
        f"<td>{_amount(line['amount'], line['currency'])}</td></tr>"
        for line in store.children(invoice["id"], "line_item")
    )
    payable = invoice["status"] == "open"
    return _PAGE.format(
        number=escape(invoice["number"] or "draft"),
        customer=escape(invoice["customer_name"] or invoice["customer_email"] or ""),
        status=escape(invoice["status"]),
        due=f"<br>Due: {_date(invoice['due_date'])}" if invoice["due_date"] else "",
        lines=lines,
        total=_amount(invoice["total"], invoice["currency"]),
        settled="\n".join(
            f"<tr><td>{what}</td><td>{_amount(-amount, invoice['currency'])}</td></tr>"
            for what, amount in _settled(invoice)
            if amount
        ),
        remaining=_amount(invoice["amount_remaining"] if payable else 0, invoice["currency"]),
        action='<form method="post"><button type="submit">Pay</button></form>' if payable else "",
    )


def _settled(invoice: Body) -> list[tuple[str, int]]:
    """What is off the total; a balance of the customer's debt is on it."""
    balance = invoice["total"] - invoice["amount_due"] - invoice["pre_payment_credit_notes_amount"]
    return [
        ("From your balance", balance),
        ("Credit notes", invoice["pre_payment_credit_notes_amount"]),
        ("Paid", invoice["amount_paid"]),
    ]


def pay_from_page(store: Store, invoice: Body, public_url: str) -> None:
    """Paying twice is not possible: what is paid already stays as it is."""
    if invoice["status"] == "open":
        call = Call(store=store, params={}, path={}, public_url=public_url)
        invoice["attempt_count"] += 1
        settle(call, invoice, off_stripe=False)


def _amount(minor: int, currency: str) -> str:
    money = Money.from_minor(minor, currency.upper())
    return escape(f"{money.amount:,} {money.currency}")


def _date(unix_seconds: int) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).date().isoformat()
