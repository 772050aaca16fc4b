"""The steps that take an invoice through Stripe, each a value: what is asked, how to find it."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from django.conf import settings

from services.invoicing.domain.stripe_request import (
    RequestLine,
    customer_request,
    draft_request,
    line_requests,
)
from services.invoicing.gateways.stripe import StripeGateway
from services.invoicing.models import Customer, Invoice, StripeOperation
from services.invoicing.operations.perform_at_stripe import Step
from services.invoicing.queries.invoice_terms import InvoiceTerms
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import StripeStatus

# Stripe's clock may be behind ours when it says since when something is there.
CLOCK_SKEW: Final = timedelta(minutes=1)
# A database that was restored knows of nothing that was done after its backup.
BACKUP_AGE_MAX: Final = timedelta(days=40)


def customer_document(customer: Customer) -> str:
    return f"customer:{customer.customer_id}"


def customer_as_invoiced(customer: Customer, terms: InvoiceTerms) -> dict[str, Any]:
    return customer_request(
        customer_id=customer.customer_id,
        name=terms.buyer["name"],
        email=terms.buyer["email"],
        address=terms.buyer["address"],
    )


def customer_step(customer: Customer, request: dict[str, Any], gateway: StripeGateway) -> Step:
    """Creates the customer, or updates the one that is known."""
    known_id = customer.stripe_customer_id
    if known_id:
        return Step(
            name=f"update {_updates(customer_document(customer))} {digest_of(request)[:12]}",
            request=request,
            call=lambda params, key: gateway.update_customer(known_id, params, key=key),
            find=lambda _operation: None,  # it may be made twice
        )

    def find(operation: StripeOperation) -> str | None:
        for stripe_id, metadata in gateway.customers_since(_since(operation)):
            if metadata.get("trueback_customer") == customer.customer_id:
                return stripe_id
        return None

    return Step(
        name="customer",
        request=request,
        call=lambda params, key: gateway.create_customer(params, key=key),
        find=find,
    )


def _updates(document: str) -> int:
    """How many were made: one back to what it was before is made as well."""
    with as_ops():
        return StripeOperation.objects.filter(
            document=document,
            step__startswith="update ",
            state=StripeOperation.State.SUCCEEDED,
        ).count()


def draft_step(
    invoice: Invoice,
    lines: Sequence[RequestLine],
    terms: InvoiceTerms,
    stripe_customer_id: str,
    gateway: StripeGateway,
) -> Step:
    def find(operation: StripeOperation) -> str | None:
        for there in gateway.invoices_of(stripe_customer_id, since=_since(operation)):
            is_ours = there.metadata.get("trueback_invoice") == invoice.invoice_id
            if is_ours and there.status != StripeStatus.VOID:
                return there.stripe_id
        return None

    return Step(
        name="draft",
        request=draft_request(
            stripe_customer_id=stripe_customer_id,
            invoice_id=invoice.invoice_id,
            currency=invoice.currency,
            period=invoice.period,
            days_until_due=terms.days_until_due,
            purchase_order=terms.buyer["purchase_order"],
            digest=digest_of([[line.position, line.amount_minor] for line in lines]),
        ),
        call=lambda request, key: gateway.create_invoice(request, key=key).stripe_id,
        find=find,
    )


def line_steps(
    lines: Sequence[RequestLine], stripe_id: str, gateway: StripeGateway
) -> Iterator[Step]:
    """One for as many lines as a call takes; they are there all, or none of them is."""

    def call(request: dict[str, Any], key: str) -> str:
        gateway.add_lines(stripe_id, request, key=key)
        return stripe_id

    for index, request in enumerate(line_requests(lines)):
        first = request["lines"][0]["metadata"]["trueback_line"]

        def find(_operation: StripeOperation, first: str = first) -> str | None:
            there = {line.metadata.get("trueback_line") for line in gateway.lines(stripe_id)}
            return stripe_id if first in there else None

        yield Step(name=f"lines {index}", request=request, call=call, find=find)


def finalize_step(stripe_id: str, gateway: StripeGateway) -> Step:
    return Step(
        name="finalize",
        request={"invoice": stripe_id},
        call=lambda _request, key: gateway.finalize(stripe_id, key=key).stripe_id,
        find=lambda _operation: (
            stripe_id if gateway.invoice(stripe_id).status != StripeStatus.DRAFT else None
        ),
    )


def send_step(stripe_id: str, gateway: StripeGateway) -> Step:
    return Step(
        name="send",
        request={"invoice": stripe_id},
        call=lambda _request, key: gateway.send(stripe_id, key=key).stripe_id,
        find=lambda _operation: None,  # Stripe does not tell; a second mail is the lesser harm
    )


def digest_of(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _since(operation: StripeOperation) -> int:
    """From when on to look: since the first try, or for as long as a backup may be old."""
    look_back = BACKUP_AGE_MAX if settings.ENVIRONMENT.stripe_look_first else CLOCK_SKEW
    return int((operation.first_sent_at - look_back).timestamp())
