"""Context of the billing and customer pages."""

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from deploy.page_previews.numbers import PERIOD, numbers, usd
from deploy.sample_company.customers import CUSTOMERS, SELLER
from services.portal.domain.invoice_document import place
from shared.money import Money

_CENT: Final = Decimal("0.01")
_STAFF_KEYS: Final = (
    *("actions", "refused_actions", "parked", "timeline", "disclosure", "is_finished"),
)


def _party(party: dict[str, Any], email: str = "") -> dict[str, Any]:
    address = party["address"]
    return {
        "name": party["name"],
        "address": [address["line1"], place(address)],
        "email": email,
        "tax_id": party.get("tax_id", ""),
    }


def _line(description: str, amount: Decimal, rate: str, change: str | None, why: str,
          evidence: tuple[tuple[str, Decimal], ...] = ()) -> dict[str, Any]:  # fmt: skip
    return {
        "description": description,
        "explanation": why,
        "quantity": None,
        "unit": "",
        "rate": rate,
        "amount": usd(amount),
        "change": None if change is None else Decimal(change),
        "by": None if change is None else usd(amount - amount / (1 + Decimal(change))),
        "why": {"0.071": "Cost up 7.1%; price rule unchanged."}.get(change or "", ""),
        "flags": ["up over 30%"] if change and Decimal(change) > Decimal("0.3") else [],
        "evidence": [{"label": label, "amount": usd(value)} for label, value in evidence],
    }


def _event(state: str, label: str, day: int, actor: str, reason: str = "") -> dict[str, Any]:
    return {
        "state": state,
        "label": label,
        "at": datetime(2026, 11, day, 9, 14 + day, tzinfo=UTC),
        "actor": actor,
        "reason": reason,
        "digest": f"{day * 7919:04x}c1b7e90d5a32",
    }


def _acme_lines() -> list[dict[str, Any]]:
    month = next(one for one in numbers().tenants if one.key == "acme")
    usage = (month.cost * Decimal("1.32")).quantize(_CENT, rounding=ROUND_HALF_UP)
    return [
        _line(
            "Cloud usage, October 2026",
            usage,
            "cost + 32%",
            "0.071",
            "Your measured use of our infrastructure at cost, plus the 32% of your contract.",
            (("Yours alone", month.direct), ("Your share of what is shared", month.shared),
             ("32%", usage - month.cost)),
        ),
        _line("Platform fee, October 2026", Decimal("1800.00"), "flat", "0",
              "A fixed fee for each month, as in your contract."),
    ]  # fmt: skip


def _compared(total: Decimal, previous: str, usual: str, ended: str = "") -> dict[str, Any]:
    def against(base: str, months: int) -> dict[str, Any]:
        by = total - Decimal(base)
        return {"total": usd(base), "by": usd(by), "change": by / Decimal(base), "months": months}

    return {
        "previous": against(previous, 1),
        "usual": against(usual, 6),
        "lines": [],
        "ended": [{"description": ended, "amount": usd("250.00")}] if ended else [],
    }


def _acme(state: str, **changed: Any) -> dict[str, Any]:
    customer = CUSTOMERS[0]
    lines = _acme_lines()
    subtotal = sum((line["amount"].amount for line in lines), Decimal(0))
    return {
        "id": "inv-acme",
        "number": "",
        "state": state,
        "stripe_status": "",
        "stripe_url": "",
        "period": PERIOD,
        "currency": "USD",
        "customer": _party(customer, customer["email"]),
        "seller": _party(SELLER),
        "purchase_order": customer["purchase_order"],
        "issue_date": None,
        "due_date": None,
        "lines": lines,
        "has_quantities": False,
        "subtotal": usd(subtotal),
        "tax": usd("0.00"),
        "tax_note": "none due, out of state",
        "total": usd(subtotal),
        "stripe_invoice_id": "",
        "comparison": _compared(subtotal, "15053.42", "14790.15"),
        "payment": "",
        "paid_on": None,
        "restated_by": None,
        "restated_total": usd(subtotal),
        "next_step": "waits for an approver",
        "days_until_due": 30,
        "disclosure": "open_book",
        "version": 4,
        "notes": "",
        "is_finished": state == "issued",
        "parked": [],
        "actions": [
            {"name": "approve", "label": "Approve", "tone": "primary", "allowed": True,
             "needs_reason": False, "effect": "Fixes the amount before tax. Nothing is sent yet."},
            {"name": "park", "label": "Park", "tone": "", "allowed": True, "needs_reason": True,
             "effect": ""},
        ],
        "refused_actions": [
            {"label": "Issue", "reason": "It isn't approved yet."},
            {"label": "Void", "reason": "Only what was issued can be voided; return it to draft."},
        ],
        "timeline": [
            _event("in_review", "Sent to review", 4, "Lena Fischer", "Checked against the close."),
            _event("draft", "Drafted again", 4, "trueback", "The bill was restated: support fee."),
            _event("draft", "Drafted", 3, "trueback", "Statement 2026-10, revision 1."),
        ],
    } | changed  # fmt: skip


def invoice(**changed: Any) -> dict[str, Any]:
    return {
        "invoice": _acme("in_review"),
        "neighbours": {"previous_id": None, "next_id": "inv-globex", "position": 1, "count": 7},
        "problem": "",
    } | changed


def parked_invoice() -> dict[str, Any]:
    customer = CUSTOMERS[1]
    line = _line("Platform fee, October 2026", Decimal("6900.00"), "flat", "0",
                 "A fixed fee for each month, as in your contract.")  # fmt: skip
    line["flags"] = ["below cost"]
    found = _acme(
        "parked",
        id="inv-globex",
        customer=_party(customer, customer["email"]),
        purchase_order=customer["purchase_order"],
        lines=[line],
        subtotal=usd("6900"),
        total=usd("6900"),
        comparison=_compared(Decimal(6900), "6900", "6900"),
        disclosure="closed",
        parked=[
            {"text": "The month's cost is $772.37 above the charge.",
             "remedy": "Look at its NAT traffic since 9 October, then release with a reason."},
            {"text": "Cost is 41% above last month's, over the limit of 30%.",
             "remedy": "Release with a reason, or wait for the next restatement."},
        ],
        actions=[{"name": "release", "label": "Release to review", "tone": "primary",
                  "allowed": True, "needs_reason": True, "effect": ""}],
        refused_actions=[{"label": "Approve", "reason": "It is parked; release it first."}],
        timeline=[
            _event("parked", "Parked", 3, "trueback", "Negative margin; cost up 41%."),
            _event("draft", "Drafted", 3, "trueback", "Statement 2026-10, revision 1."),
        ],
    )  # fmt: skip
    return {"invoice": found, "neighbours": None,
            "problem": "It is parked. Release it with a reason first."}  # fmt: skip


def first_invoice() -> dict[str, Any]:
    """Nothing to compare with, and nobody here may act."""
    nothing: dict[str, Any] = {"previous": None, "usual": None, "lines": [], "ended": []}
    lines = [line | {"change": None, "by": None, "why": ""} for line in _acme_lines()]
    return invoice(
        invoice=_acme("draft", comparison=nothing, lines=lines, actions=[], refused_actions=[])
    )


def restated_draft() -> dict[str, Any]:
    """What the restatement would change, before anybody approves it."""
    return invoice(
        invoice=_acme("in_review", restated_by=usd("12.30"), restated_total=usd("16014.08"))
    )


def approved_invoice() -> dict[str, Any]:
    """Issuing can't be taken back: it is confirmed."""
    issue = {"name": "issue", "label": "Issue through Stripe", "tone": "primary", "allowed": True,
             "needs_reason": False, "needs_confirmation": True,
             "effect": "Stripe numbers it and sends it to the customer."}  # fmt: skip
    return invoice(invoice=_acme("approved", actions=[issue], refused_actions=[]))


def void_invoice() -> dict[str, Any]:
    """Discarded; another was drafted in its place."""
    found = _acme("void", actions=[], refused_actions=[], is_finished=True,
                  next_step="nothing is left to do",
                  payment="Cancelled: nothing is to pay.")  # fmt: skip
    return invoice(invoice=found, successor={"id": "inv-globex", "number": ""})


def restated_invoice() -> dict[str, Any]:
    issued = _acme(
        "issued",
        number="LF-2026-0134",
        stripe_status="open",
        stripe_invoice_id="in_1R9xLk2eZvKYlo2C",
        stripe_url="https://invoice.example/0134",
        issue_date=date(2026, 11, 4),
        due_date=date(2026, 12, 4),
        payment="Nothing is paid yet.",
        actions=[],
        refused_actions=[],
        restated_by=usd("-212.64"),
        restated_total=usd("15789.14"),
        next_step="credit the difference at Stripe",
        comparison=_compared(Decimal("16002.10"), "15053.42", "14790.15", "Migration support"),
        timeline=[
            _event("issued", "Issued", 4, "Stripe", "Stripe numbered and sent it."),
            _event("issuing", "Sent to Stripe", 4, "Clara Diaz"),
            _event("approved", "Approved", 4, "Bruno Keller"),
            _event("in_review", "Sent to review", 4, "Clara Diaz"),
            _event("draft", "Drafted", 3, "trueback", "2026-10 was closed."),
        ],
    )
    return invoice(invoice=issued)


def _open_book() -> dict[str, Any]:
    month = next(one for one in numbers().tenants if one.key == "acme")
    parts = (
        ("Compute", False, "0.60"), ("Databases", False, "0.25"), ("Storage", False, "0.09"),
        ("Data transfer", False, "0.06"), ("Logs", True, "0.52"), ("NAT gateways", True, "0.26"),
        ("Support, tax and credits", True, "0.14"), ("Load balancer", True, "0.08"),
    )  # fmt: skip
    groups = []
    for label, is_shared, part in parts:
        amount = (month.shared if is_shared else month.direct) * Decimal(part)
        groups.append({"label": label, "is_shared": is_shared, "amount": usd(amount),
                       "ratio": amount / month.cost})  # fmt: skip
    return {"cost": usd(month.cost), "groups": groups}


def _closed(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As a customer under a closed contract reads them: prices alone."""
    usage, fee = lines
    return [
        usage | {"rate": "", "explanation": "Your measured use in October 2026.", "evidence": []},
        fee,
    ]


def closed_customer_invoice() -> dict[str, Any]:
    page = customer_invoice(open_book=None, pay_url="")
    found = page["invoice"]
    return page | {"invoice": found | {"lines": _closed(found["lines"]), "has_rates": False}}


def customer_invoice(**changed: Any) -> dict[str, Any]:
    found = _acme(
        "issued",
        number="LF-2026-0134",
        stripe_status="open",
        issue_date=date(2026, 11, 4),
        due_date=date(2026, 12, 4),
        has_rates=True,
        notes="Charges are by calendar month in UTC. Questions: billing@larkfield.example.",
    )
    staff_only = (
        *("restated_by", "restated_total", "next_step", "days_until_due", "comparison", "payment"),
        "stripe_invoice_id",
    )
    for key in (*staff_only, *_STAFF_KEYS):
        del found[key]
    return {"invoice": found, "pay_url": "https://pay.larkfield.example/i/0134", "paid_on": None,
            "open_book": _open_book()} | changed  # fmt: skip


def _paid(number: str, period: Any, total: str, state: str = "paid") -> dict[str, Any]:
    return {"id": number, "number": number, "period": period, "state": state,
            "due_date": date(2026, period.following.month + 1, 4),
            "total": usd(total)}  # fmt: skip


def _so_far() -> dict[str, Any]:
    parts = (
        ("Cloud usage: Compute", "4618.20"),
        ("Cloud usage: Databases", "1904.77"),
        ("Platform fee", "1800.00"),
        ("Cloud usage: shared logs", "883.02"),
        ("Cloud usage: Storage", "611.40"),
        ("Cloud usage: shared NAT", "402.11"),
        ("Other (7)", "733.58"),
    )
    return {
        "month": PERIOD.following,
        "total": usd(str(sum(Decimal(amount) for _, amount in parts))),
        "as_of": datetime(2026, 11, 19, 6, tzinfo=UTC),
        "lines": [{"description": label, "amount": usd(amount)} for label, amount in parts],
    }


def customer_home(**changed: Any) -> dict[str, Any]:
    lines = _acme_lines()
    total = Money(sum((line["amount"].amount for line in lines), Decimal(0)), "USD")
    september = PERIOD.previous
    return {
        "customer": {"name": CUSTOMERS[0]["name"]},
        "period": PERIOD,
        "estimated": False,
        "as_of": None,
        "so_far": _so_far(),
        "currency": "USD",
        "current": {"total": total, "is_before_tax": True, "lines": lines},
        "previous_total": usd("15053.42"),
        "change": Decimal("0.063"),
        "what_changed": "Compute is up $612.40 since 14 October, and data transfer down $118.05.",
        "open_book": _open_book(),
        "due": total,
        "due_note": "LF-2026-0134, by 4 Dec 2026",
        "due_id": "LF-2026-0134",
        "invoices": [
            _paid("LF-2026-0134", PERIOD, str(total.amount), "issued"),
            _paid("LF-2026-0116", september, "15053.42"),
            _paid("LF-2026-0098", september.previous, "14861.90"),
        ],
    } | changed
