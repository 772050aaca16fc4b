"""A customer's breakdown, and the invoices that stand beside it as files."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Final

from deploy.page_previews.numbers import PERIOD, numbers
from deploy.sample_company.customers import CUSTOMERS, SELLER
from services.invoicing.domain.invoice_document import invoice_document
from services.invoicing.engine.typeset import pdf_of, pictures_of
from services.portal.domain.invoice_breakdown import charges, costs
from services.portal.pages.customer import BreakdownPage
from services.portal.pages.page import CustomerName
from shared.contracts.bases import FeeDays, Markup
from shared.contracts.invoicing import INVOICE_DRAFTED, InvoiceFact, InvoiceLineFact
from shared.periods import Month
from shared.vocabulary.modes import Mode

_PARTS: Final = (
    ("Compute", "0.52"),
    ("Databases", "0.21"),
    ("Storage", "0.08"),
    ("pool:nat", "0.07"),
    ("pool:logs", "0.12"),
)
_COURSE: Final = ("0.86", "0.91", "0.90", "0.97", "1")


def breakdown(*, is_open: bool) -> BreakdownPage:
    months = [PERIOD]
    while len(months) < len(_COURSE):
        months.insert(0, months[0].previous)
    documents = {
        month: [INVOICE_DRAFTED.dump(_fact(month, Decimal(part), is_open=is_open))]
        for month, part in zip(months, _COURSE, strict=True)
    }
    charged = charges(documents, "USD")
    return BreakdownPage(
        customer=CustomerName(str(CUSTOMERS[0]["name"])),
        currency="USD",
        months=charged.months,
        rows=charged.rows,
        totals=charged.totals,
        costs=costs(documents, "USD"),
    )


def first_breakdown() -> BreakdownPage:
    return BreakdownPage(customer=CustomerName(str(CUSTOMERS[0]["name"])))


def write_documents(out: Path) -> None:
    """The files that the previewed pages lead to, as invoicing makes them."""
    draft, issued = (_fact(PERIOD, Decimal(1), is_open=True, state=s) for s in ("draft", "issued"))
    for name, fact in (
        ("invoice-inv-acme", draft),
        ("invoice-inv-globex", _flat_fee(draft)),
        ("customer-invoice-LF-2026-0134", issued),
    ):
        document = invoice_document(fact, days_until_due=30, environment=Mode.DEMO)
        made_at = fact.issued_at or fact.drafted_at
        (out / f"{name}.pdf").write_bytes(pdf_of(document, made_at=made_at))
        (out / f"{name}.png").write_bytes(pictures_of(document, made_at=made_at)[0])


def _fact(month: Month, part: Decimal, *, is_open: bool, state: str = "issued") -> InvoiceFact:
    cost = next(one.cost for one in numbers().tenants if one.key == "acme") * part
    lines = [
        _line(position, group, cost * Decimal(share), month)
        for position, (group, share) in enumerate(_PARTS, start=1)
        if month != PERIOD.previous or group != "pool:logs"
    ]
    is_issued = state == "issued"
    return replace(
        INVOICE_DRAFTED.example,
        period=str(month),
        state=state,
        number="LF-2026-0134" if is_issued else "",
        issued_at=datetime(2026, 11, 4, 9, tzinfo=UTC) if is_issued else None,
        due_at=datetime(2026, 12, 4, tzinfo=UTC) if is_issued else None,
        hosted_invoice_url="https://pay.larkfield.example/i/0134",
        disclosure="open_book" if is_open else "closed",
        lines=lines,
        total=sum((line.amount for line in lines), Decimal(0)),
        seller=_flat(SELLER),
        buyer=_flat(CUSTOMERS[0]),
    )


def _flat_fee(draft: InvoiceFact) -> InvoiceFact:
    """Of the customer who pays a fee alone."""
    line = replace(
        draft.lines[0],
        description="Platform fee",
        component="Platform fee",
        kind="flat_fee",
        amount=Decimal("6900.00"),
        basis=FeeDays("month", 31, 31),
        cost=None,
        charge_group="",
    )
    buyer = _flat(CUSTOMERS[1])
    return replace(draft, lines=[line], total=line.amount, buyer=buyer, disclosure="closed")


def _line(position: int, group: str, cost: Decimal, month: Month) -> InvoiceLineFact:
    words = group.replace("pool:nat", "shared NAT").replace("pool:", "shared ")
    return InvoiceLineFact(
        position=position,
        description=f"Cloud usage: {words}",
        component="Cloud usage",
        kind="cost_plus",
        quantity=None,
        unit_amount=None,
        amount=(cost * Decimal("1.32")).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP),
        service_start=date(month.year, month.month, 1),
        service_end=month.end.date(),
        tenant="acme",
        basis=Markup(Decimal(32)),
        cost=cost,
        charge_group=group,
    )


def _flat(party: dict[str, Any]) -> dict[str, str]:
    names = ("name", "email", "tax_id", "purchase_order")
    own: dict[str, str] = {name: party[name] for name in names if party.get(name)}
    address: dict[str, str] = party["address"]
    return own | address
