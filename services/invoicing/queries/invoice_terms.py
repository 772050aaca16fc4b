"""What an invoice says of its contract and its customer: as they are, until it is frozen."""

from dataclasses import asdict, dataclass
from typing import Any

from services.invoicing.models import Invoice
from shared.periods import Month


@dataclass(frozen=True)
class InvoiceTerms:
    """`seller` and `buyer` as `trueback.yaml` has them, an address within."""

    disclosure: str
    plan: str
    days_until_due: int
    tenant_names: dict[str, str]
    seller: dict[str, Any]
    buyer: dict[str, Any]

    def to_freeze(self) -> dict[str, Any]:
        return asdict(self)


def invoice_terms(invoice: Invoice) -> InvoiceTerms:
    """Contracts and customers change in place; what has left draft for good does not."""
    if invoice.frozen is not None:
        return InvoiceTerms(**invoice.frozen)
    customer, contract = invoice.customer, invoice.contract
    return InvoiceTerms(
        disclosure=contract.disclosure,
        plan=contract.plan_in(Month.parse(invoice.period))[1],
        days_until_due=contract.days_until_due,
        tenant_names=contract.tenant_names,
        seller=customer.seller,
        buyer={
            "name": customer.name,
            "email": customer.email,
            "purchase_order": customer.purchase_order,
            "address": customer.address,
        },
    )
