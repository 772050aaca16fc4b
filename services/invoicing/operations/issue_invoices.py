"""A job: every invoice in `issuing` goes through Stripe; each step survives a kill and a rerun.

Steps: customer, draft, lines, equality gate, finalize, send. Until finalize the customer sees
nothing; it happens only if Stripe's draft equals ours to the minor unit, line by line.
"""

import hashlib
import json
import logging
from datetime import UTC, datetime

from services.invoicing.domain.states import State
from services.invoicing.domain.stripe_request import (
    RequestLine,
    customer_request,
    draft_request,
    inequalities,
    line_requests,
)
from services.invoicing.gateways.stripe import RefusedByStripe, StripeGateway, StripeInvoice
from services.invoicing.gateways.stripe.connection import stripe_gateway
from services.invoicing.models import Customer, Invoice, StripeOperation
from services.invoicing.operations.book_entries import book_issued
from services.invoicing.operations.follow_stripe import follow_stripe
from services.invoicing.operations.move_invoice import move_invoice
from services.invoicing.operations.perform_at_stripe import perform_at_stripe
from services.invoicing.operations.record_revenue import record_revenue
from services.invoicing.operations.record_revision import measure_restatement
from shared.faults import Fault
from shared.isolation.scope import as_ops
from shared.jobs.work import request_job
from shared.periods import Month

logger = logging.getLogger(__name__)

ACTOR = "trueback"


class UnequalAtStripe(Fault):
    """Stripe's draft is not what was approved."""


def issue_invoices() -> None:
    """An invoice that Stripe refuses is parked with the reason; the others go on."""
    with as_ops():
        waiting = list(
            Invoice.objects.filter(state=State.ISSUING)
            .order_by("invoice_id")
            .values_list("invoice_id", flat=True)
        )
    for invoice_id in waiting:
        try:
            _issue(invoice_id, stripe_gateway())
        except (RefusedByStripe, UnequalAtStripe) as fault:
            logger.warning("invoice %s is parked: %s", invoice_id, fault)
            _discard_draft(invoice_id, stripe_gateway())
            _park(invoice_id, str(fault))


def _issue(invoice_id: str, gateway: StripeGateway) -> None:
    with as_ops():
        invoice = Invoice.objects.select_related("customer", "contract").get(pk=invoice_id)
        lines = [
            RequestLine(line.position, line.description, line.amount_minor)
            for line in invoice.lines.order_by("position")
        ]
    if invoice.state != State.ISSUING:
        return
    stripe_customer_id = _customer(invoice.customer, gateway)
    stripe_id = _draft(invoice, lines, stripe_customer_id, gateway)
    _lines(invoice, lines, stripe_id, gateway)
    if gateway.invoice(stripe_id).status == "draft":
        _require_equality(invoice, lines, stripe_id, gateway)
        _finalize(invoice, stripe_id, gateway)
    _send(invoice, stripe_id, gateway)
    _conclude(invoice, gateway.invoice(stripe_id))


def _customer(customer: Customer, gateway: StripeGateway) -> str:
    if customer.stripe_customer_id:
        return customer.stripe_customer_id

    def find(operation: StripeOperation) -> str | None:
        since = int(operation.first_sent_at.timestamp()) - 60
        for stripe_id, metadata in gateway.customers_since(since):
            if metadata.get("trueback_customer") == customer.customer_id:
                return stripe_id
        return None

    stripe_id = perform_at_stripe(
        document=f"customer:{customer.customer_id}"[:60],
        customer_id=customer.customer_id,
        step="customer",
        request=customer_request(
            customer_id=customer.customer_id,
            name=customer.name,
            email=customer.email,
            address=customer.address,
        ),
        call=lambda request, key: gateway.create_customer(request, key=key),
        find=find,
    )
    with as_ops():
        Customer.objects.filter(pk=customer.pk).update(stripe_customer_id=stripe_id)
    return stripe_id


def _draft(
    invoice: Invoice, lines: list[RequestLine], stripe_customer_id: str, gateway: StripeGateway
) -> str:
    if invoice.stripe_invoice_id:
        return invoice.stripe_invoice_id

    def find(operation: StripeOperation) -> str | None:
        since = int(operation.first_sent_at.timestamp()) - 60
        for found in gateway.invoices_of(stripe_customer_id, since=since):
            is_ours = found.metadata.get("trueback_invoice") == invoice.invoice_id
            if is_ours and found.status != "void":
                return found.stripe_id
        return None

    stripe_id = perform_at_stripe(
        document=invoice.invoice_id,
        customer_id=invoice.customer_id,
        step="draft",
        request=draft_request(
            stripe_customer_id=stripe_customer_id,
            invoice_id=invoice.invoice_id,
            currency=invoice.currency,
            period=invoice.period,
            days_until_due=invoice.contract.days_until_due,
            purchase_order=invoice.customer.purchase_order,
            digest=_digest(lines),
        ),
        call=lambda request, key: gateway.create_invoice(request, key=key).stripe_id,
        find=find,
    )
    with as_ops():
        Invoice.objects.filter(pk=invoice.pk).update(stripe_invoice_id=stripe_id)
    return stripe_id


def _lines(
    invoice: Invoice, lines: list[RequestLine], stripe_id: str, gateway: StripeGateway
) -> None:
    month = Month.parse(invoice.period)
    requests = line_requests(
        lines,
        period_start=int(month.start.timestamp()),
        period_end=int(month.end.timestamp()),
    )

    def call(request: dict[str, object], key: str) -> str:
        gateway.add_lines(stripe_id, request, key=key)
        return stripe_id

    for index, request in enumerate(requests):
        first = request["lines"][0]["metadata"]["trueback_line"]

        def find(_operation: StripeOperation, first: str = first) -> str | None:
            there = {line.metadata.get("trueback_line") for line in gateway.lines(stripe_id)}
            return stripe_id if first in there else None

        perform_at_stripe(
            document=invoice.invoice_id,
            customer_id=invoice.customer_id,
            step=f"lines {index}",
            request=request,
            call=call,
            find=find,
        )


def _require_equality(
    invoice: Invoice, lines: list[RequestLine], stripe_id: str, gateway: StripeGateway
) -> None:
    there = gateway.invoice(stripe_id)
    at_stripe = {
        line.metadata.get("trueback_line", f"foreign {index}"): line.amount_minor
        for index, line in enumerate(gateway.lines(stripe_id))
    }
    found = inequalities(
        lines,
        currency=invoice.currency,
        total_minor=invoice.total_minor,
        at_stripe=at_stripe,
        stripe_currency=there.currency,
        stripe_total_minor=there.total_minor,
    )
    if found:
        raise UnequalAtStripe(
            f"Stripe's draft {stripe_id} differs: {'; '.join(found)}.",
            remedy="The draft there is deleted; look at it, then release the invoice.",
        )


def _finalize(invoice: Invoice, stripe_id: str, gateway: StripeGateway) -> None:
    perform_at_stripe(
        document=invoice.invoice_id,
        customer_id=invoice.customer_id,
        step="finalize",
        request={"invoice": stripe_id},
        call=lambda _request, key: gateway.finalize(stripe_id, key=key).stripe_id,
        find=lambda _: stripe_id if gateway.invoice(stripe_id).status != "draft" else None,
    )


def _send(invoice: Invoice, stripe_id: str, gateway: StripeGateway) -> None:
    perform_at_stripe(
        document=invoice.invoice_id,
        customer_id=invoice.customer_id,
        step="send",
        request={"invoice": stripe_id},
        call=lambda _request, key: gateway.send(stripe_id, key=key).stripe_id,
        find=lambda _: None,
    )


def _conclude(invoice: Invoice, there: StripeInvoice) -> None:
    now = datetime.now(UTC)
    with as_ops():
        locked = Invoice.objects.select_for_update().get(pk=invoice.pk)
        if locked.state != State.ISSUING:
            return
        moved = move_invoice(
            locked,
            State.ISSUED,
            actor=ACTOR,
            reason=f"Finalised and sent by Stripe as {there.number}.",
            now=now,
            number=there.number,
            stripe_status=there.status,
            hosted_invoice_url=there.hosted_invoice_url,
            issued_at=_moment(there.finalized_at) or now,
            due_at=_moment(there.due_date),
        )
        book_issued(moved)
        record_revenue(moved, basis="draft", sign=-1, now=now)
        record_revenue(moved, basis="issued", sign=1, now=now)
        measure_restatement(moved)
        # It may have been paid by now, and the event left waiting for us.
        request_job(kind="process_stripe_events", key="all", payload={})
        follow_stripe(moved, there, now=now)


def _discard_draft(invoice_id: str, gateway: StripeGateway) -> None:
    """Nobody has seen the draft: it is deleted, so that a later issue starts from nothing.

    What was finalised stays, and so do its operations: it is that document or none.
    """
    with as_ops():
        stripe_id = Invoice.objects.get(pk=invoice_id).stripe_invoice_id
    if stripe_id is not None:
        try:
            if gateway.invoice(stripe_id).status != "draft":
                return
            gateway.delete_draft(stripe_id)
        except RefusedByStripe as fault:
            logger.warning("the draft %s is gone already: %s", stripe_id, fault)
    with as_ops():
        Invoice.objects.filter(pk=invoice_id).update(stripe_invoice_id=None)
        StripeOperation.objects.filter(document=invoice_id).update(
            state=StripeOperation.State.FAILED, error="its draft was discarded"
        )


def _park(invoice_id: str, reason: str) -> None:
    with as_ops():
        invoice = Invoice.objects.select_for_update().get(pk=invoice_id)
        if invoice.state == State.ISSUING:
            move_invoice(
                invoice,
                State.PARKED,
                actor=ACTOR,
                reason=reason,
                now=datetime.now(UTC),
                parked_from=State.ISSUING,
                parked_reasons=[reason],
            )


def _digest(lines: list[RequestLine]) -> str:
    content = json.dumps([[line.position, line.description, line.amount_minor] for line in lines])
    return hashlib.sha256(content.encode()).hexdigest()


def _moment(unix: int | None) -> datetime | None:
    return None if unix is None else datetime.fromtimestamp(unix, tz=UTC)
