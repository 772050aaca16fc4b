"""Customers with invoices, as the drafting job would make them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from services.invoicing.models import Contract, Customer, Invoice, InvoiceLine, Plan
from services.invoicing.operations.move_invoice import record_transition
from shared.contracts.invoicing import Cause
from shared.identifiers import new_id
from shared.vocabulary.invoice_states import State

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


def make_customer(key: str, *, name: str = "", disclosure: str = "closed") -> Contract:
    plan, _ = Plan.objects.get_or_create(
        plan_id="standard@1",
        defaults={
            "key": "standard",
            "version": 1,
            "name": "Standard",
            "currency": "USD",
            "components": [
                {"kind": "cost_plus", "name": "Cloud usage", "percent": "20"},
                {"kind": "flat_fee", "name": "Platform fee", "amount": "499.00"},
            ],
        },
    )
    customer = Customer.objects.create(
        customer_id=key,
        name=name or key.title(),
        email=f"ap@{key.replace('_', '-')}.example",
        seller={"key": "seller", "name": "Larkfield"},
    )
    return Contract.objects.create(
        contract_id=f"con_{key}",
        customer=customer,
        plan=plan,
        plan_name=plan.name,
        tenants=[key],
        starts_on=date(2026, 1, 1),
        currency="USD",
        disclosure=disclosure,
        days_until_due=30,
    )


def make_invoice(
    contract: Contract,
    *,
    period: str = "2026-10",
    fee_dates: tuple[date, date] = (date(2026, 10, 1), date(2026, 11, 1)),
    **fields: Any,
) -> Invoice:
    invoice = Invoice.objects.create(
        **{
            "invoice_id": new_id("inv"),
            "customer": contract.customer,
            "contract": contract,
            "seller": "seller",
            "period": period,
            "currency": "USD",
            "total_minor": 62_040,
            "exact_total": Decimal("620.4012"),
            "run_id": "run_1",
            "state": State.DRAFT,
            "drafted_at": NOW,
            **fields,
        }
    )
    InvoiceLine.objects.create(
        customer_id=invoice.customer_id,
        invoice=invoice,
        position=1,
        description="Cloud usage: Compute",
        component="Cloud usage",
        kind="cost_plus",
        tenant=contract.tenants[0],
        amount_minor=12_140,
        exact_amount=Decimal("121.4012"),
        cost=Decimal("101.1676666667"),
        charge_group="Compute",
        priced_by={"percent": "20"},
        basis="cost plus 20 %",
        service_start=date(2026, 10, 1),
        service_end=date(2026, 11, 1),
    )
    InvoiceLine.objects.create(
        customer_id=invoice.customer_id,
        invoice=invoice,
        position=2,
        description="Platform fee",
        component="Platform fee",
        kind="flat_fee",
        tenant=contract.tenants[0],
        amount_minor=49_900,
        exact_amount=Decimal(499),
        priced_by={"every": "month", "days": 31, "days_in_all": 31},
        basis="per month",
        service_start=fee_dates[0],
        service_end=fee_dates[1],
    )
    record_transition(
        invoice, None, actor="trueback", cause=Cause("person", text="Drafted."), now=NOW
    )
    return invoice
