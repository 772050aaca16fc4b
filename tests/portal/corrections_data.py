"""A month's corrections as invoicing answers them."""

from decimal import Decimal

PLACES = ("remaining", "balance", "refund", "out_of_band")

# A month of `GET /api/v1/corrections/waiting`.
WAITING = {
    "period": "2026-10",
    "close": 2,
    "closed_at": "2026-11-12T06:00:00+00:00",
    "causes": ["bill"],
    "in_review": 9,
    "parked": 2,
    "stopped": 0,
    "below_zero": 1,
    "sums": [{"currency": "USD", "credits": "4120.87", "debits": "0.00"}],
}


def cause(code, **figures):
    return {"code": code, "figures": figures, "differences": [], "text": ""}


def close(number=2, **changed):
    fields = {
        "number": number,
        "causes": ["bill"],
        "closed_by": "trueback",
        "closed_at": "2026-11-12T06:00:00+00:00",
        "currency": "USD",
        "bill": "769.2300000000",
        "bill_before": "1000.0000000000",
        "unsettled": 0,
    }
    return {**fields, **changed}


def document(net, state="in_review", **changed):
    """A credit note where `net` is below 0, else a debit."""
    is_note = Decimal(net) < 0
    amount = str(abs(Decimal(net)))
    zero = dict.fromkeys(PLACES, "0.00")
    fields = {
        "kind": "credit_note" if is_note else "debit",
        "document": f"cn{amount}",
        "version": 3,
        "close": 2,
        "causes": ["bill"],
        "number": "",
        "corrects": "ACME-0001",
        "corrects_id": "inv_acme",
        "on_period": "",
        "on_kind": "",
        "net": amount,
        "tax": "0.00",
        "state": state,
        "parked_for": [],
        "lines": [{"description": "Cloud usage: Compute", "amount": amount}],
        "detail": [
            {
                "component": "Cloud usage",
                "tenant": "acme",
                "charge_group": "Compute",
                "start": "2026-10-01",
                "end": "2026-11-01",
                "charged": "1440.60",
                "corrected": str(Decimal("1440.60") + Decimal(net)),
            }
        ],
        **zero,
        "refund_failed": "0.00",
        "expected": {**zero, "remaining": amount} if is_note else None,
    }
    return {**fields, **changed}


def account(name, *documents, **changed):
    """`carried` is what `documents` say unless it is changed."""
    signed = [
        (-Decimal(one["net"]) if one["kind"] == "credit_note" else Decimal(one["net"]), one)
        for one in documents
    ]
    moved = sum((amount for amount, _ in signed), Decimal(0))
    billed = sum(
        (amount for amount, one in signed if one["state"] in {"issuing", "issued"}), Decimal(0)
    )
    base = Decimal("1812.69")
    fields = {
        "account": f"acc_{name}",
        "customer": name,
        "customer_name": f"{name.title()} & Sons",
        "contract": name,
        "invoice": f"{name.upper()}-0001",
        "invoice_id": f"inv_{name}",
        "currency": "USD",
        "base": str(base),
        "target": str(base + moved),
        "billed": str(base + billed),
        "carried": str(moved - billed),
        "waived": "0.00",
        "threshold": "1.00",
        "waived_why": "",
        "cause": "bill",
        "close": 2,
        "state": "open",
        "stopped_for": None,
        "documents": list(documents),
    }
    return {**fields, **changed}
