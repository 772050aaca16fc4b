"""An invoice of a contract with more than a percentage, priced as invoicing does."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from deploy.page_previews.billing import acme
from deploy.page_previews.numbers import PERIOD, usd
from services.invoicing.domain.pricing import ContractTerms, price
from services.portal.domain.invoice_comparison import compare
from services.portal.domain.invoice_document import staff_lines
from services.portal.pages.invoice import InvoicePage, Neighbours
from shared.contracts.invoicing import INVOICE_DRAFTED, InvoiceFact, InvoiceLineFact
from shared.money import Money

_REST: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "discount", "percent": "10"},
    {"kind": "minimum", "amount": "12000.00"},
    {"kind": "flat_fee", "name": "Platform fee", "amount": "1800.00"},
)
_GROUPS: Final = {
    "kind": "cost_plus",
    "name": "Cloud usage",
    "percent": "20",
    "groups": {"Compute": "25"},
}
_STEPS: Final = {
    "kind": "graduated",
    "name": "Cloud usage",
    "steps": [
        {"to": "1000", "percent": "30"},
        {"to": "5000", "percent": "20"},
        {"percent": "10"},
    ],
}
_COSTS: Final = {
    "acme": {
        "Compute": Decimal("5210.4471"),
        "Databases": Decimal("2104.0822"),
        "Support": Decimal("-311.5"),
        "pool:nat": Decimal("701.36"),
    }
}


def groups_invoice() -> InvoicePage:
    """A charge group's own rate, a discount, a credit that lowers other lines, a minimum's rest."""
    return _page(_GROUPS)


def steps_invoice() -> InvoicePage:
    """One line on the whole cost."""
    return _page(_STEPS)


def _page(usage: dict[str, Any]) -> InvoicePage:
    document = INVOICE_DRAFTED.dump(_fact(usage))
    lines = staff_lines(document, compare(document, None, []).lines)
    total = usd(Decimal(document["total"]))
    nothing = replace(acme("draft").comparison, previous=None, usual=None)
    shown = replace(
        acme("draft"), lines=lines, subtotal=total, total=total, tax=None, comparison=nothing
    )
    return InvoicePage(invoice=shown, neighbours=Neighbours(None, "inv-globex", 1, 7))


def _fact(usage: dict[str, Any]) -> InvoiceFact:
    terms = ContractTerms(["acme"], date(2026, 1, 1), None, "USD", [usage, *_REST])
    priced = price(terms, PERIOD, _COSTS)
    lines = [
        InvoiceLineFact(
            position=position,
            description=line.description,
            kind=line.kind,
            quantity=None,
            unit_amount=None,
            amount=Money.from_minor(line.minor, "USD").amount,
            service_start=line.service_start,
            service_end=line.service_end,
            tenant=line.tenant,
            basis=line.basis,
            cost=line.cost,
            charge_group=line.charge_group,
            component=line.component,
        )
        for position, line in enumerate(priced.lines, start=1)
    ]
    total = Money.from_minor(priced.total_minor, "USD").amount
    return replace(INVOICE_DRAFTED.example, lines=lines, total=total, plan="enterprise")
