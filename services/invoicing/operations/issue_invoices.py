"""A job: every invoice in `issuing` goes through Stripe; each step survives a kill and a rerun.

Steps: customer, draft, lines, equality gate, finalize, send. Until finalize the customer sees
nothing; it happens only if Stripe's draft equals ours to the minor unit, line by line.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from services.invoicing.domain.account_terms import is_cost_derived
from services.invoicing.domain.stripe_request import (
    RequestLine,
    inequalities,
)
from services.invoicing.gateways.stripe import (
    RefusedByStripe,
    StripeGateway,
    StripeInvoice,
    UnknownOutcome,
)
from services.invoicing.gateways.stripe.connection import stripe_gateway
from services.invoicing.models import (
    ClosedPeriod,
    Customer,
    Invoice,
    InvoiceLine,
    StripeOperation,
    TrueUpAccount,
)
from services.invoicing.operations.book_entries import book_balance, book_issued
from services.invoicing.operations.follow_stripe import follow_stripe, payments_of
from services.invoicing.operations.move_invoice import held_for, move_invoice
from services.invoicing.operations.open_account import drop_account
from services.invoicing.operations.perform_at_stripe import Step, perform_at_stripe
from services.invoicing.operations.record_revenue import record_revenue
from services.invoicing.operations.record_revision import measure_restatement
from services.invoicing.operations.reissue_invoice import lower_base, stop_reissued
from services.invoicing.operations.settle_again import settle_month
from services.invoicing.operations.stripe_steps import (
    customer_as_invoiced,
    customer_document,
    customer_step,
    digest_of,
    draft_step,
    finalize_step,
    line_steps,
    send_step,
)
from services.invoicing.queries.invoice_terms import InvoiceTerms, invoice_terms
from services.invoicing.queries.line_taxes import terms_of
from shared.contracts.invoicing import Cause, Difference
from shared.faults import Fault
from shared.isolation.scope import as_ops
from shared.jobs.lease import require_lease
from shared.jobs.work import request_job
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_states import State, StripeStatus

logger = logging.getLogger(__name__)

ACTOR: Final = "trueback"


@dataclass
class UnequalAtStripe(Fault):
    """Stripe's draft `stripe_id` is not what was approved, in these respects."""

    stripe_id: str = field(kw_only=True)
    differences: Sequence[Difference] = field(kw_only=True)


def issue_invoices() -> None:
    """An invoice that Stripe refuses is set aside with the reason; the others go on.

    Raises UnknownOutcome at the end where the outcome of one is unknown: it is tried again.
    """
    with as_ops():
        waiting = list(
            Invoice.objects.filter(state=State.ISSUING)
            .order_by("invoice_id")
            .values_list("invoice_id", flat=True)
        )
    gateway = stripe_gateway()
    unknown: list[str] = []
    for invoice_id in waiting:
        try:
            _issue(invoice_id, gateway)
        except (RefusedByStripe, UnequalAtStripe) as fault:
            logger.warning("invoice %s is set aside: %s", invoice_id, fault)
            _discard_draft(invoice_id, gateway)
            _park(invoice_id, stripe_cause(fault))
        except UnknownOutcome as error:
            unknown.append(f"{invoice_id}: {error}")
    if unknown:
        raise UnknownOutcome("; ".join(unknown))


def _issue(invoice_id: str, gateway: StripeGateway) -> None:
    with as_ops():
        invoice = Invoice.objects.select_related("customer", "contract").get(pk=invoice_id)
        own = TrueUpAccount.objects.filter(invoice=invoice).first()
        lines = [
            _request_line(line, line.account_id or (own.account_id if own is not None else ""))
            for line in invoice.lines.order_by("position")
        ]
    if invoice.state != State.ISSUING:
        return
    terms = invoice_terms(invoice)
    stripe_customer_id = _put_customer(invoice.customer, terms, gateway)
    stripe_id = _put_draft(invoice, lines, terms, stripe_customer_id, gateway)
    for step in line_steps(lines, stripe_id, gateway):
        _perform(step, invoice)
    there = gateway.invoice(stripe_id)
    _require_equality(invoice, lines, there, gateway)
    if there.status == StripeStatus.DRAFT:
        _perform(finalize_step(stripe_id, gateway), invoice)
    unsent = _send(invoice, stripe_id, gateway)
    _conclude(invoice, gateway.invoice(stripe_id), unsent, gateway)


def _request_line(line: InvoiceLine, account_id: str) -> RequestLine:
    return RequestLine(
        position=line.position,
        description=line.description,
        amount_minor=line.amount_minor,
        service_start=line.service_start,
        service_end=line.service_end,
        account_id=account_id if is_cost_derived(line.kind) else "",
        tax_minor=line.tax_minor or 0,
        tax=terms_of(line),
    )


def _perform(step: Step, invoice: Invoice) -> str:
    return perform_at_stripe(step, document=invoice.invoice_id, customer_id=invoice.customer_id)


def _put_customer(customer: Customer, terms: InvoiceTerms, gateway: StripeGateway) -> str:
    """The customer at Stripe, as the invoice has it: both documents name the same address."""
    request = customer_as_invoiced(customer, terms)
    digest = digest_of(request)
    if customer.stripe_digest == digest and customer.stripe_customer_id:
        return customer.stripe_customer_id
    stripe_id = perform_at_stripe(
        customer_step(customer, request, gateway),
        document=customer_document(customer),
        customer_id=customer.customer_id,
    )
    with as_ops():
        Customer.objects.filter(pk=customer.pk).update(
            stripe_customer_id=stripe_id, stripe_digest=digest
        )
    return stripe_id


def _put_draft(
    invoice: Invoice,
    lines: Sequence[RequestLine],
    terms: InvoiceTerms,
    stripe_customer_id: str,
    gateway: StripeGateway,
) -> str:
    if invoice.stripe_invoice_id:
        return invoice.stripe_invoice_id
    stripe_id = _perform(draft_step(invoice, lines, terms, stripe_customer_id, gateway), invoice)
    with as_ops():
        Invoice.objects.filter(pk=invoice.pk).update(stripe_invoice_id=stripe_id)
    return stripe_id


def _require_equality(
    invoice: Invoice, lines: Sequence[RequestLine], there: StripeInvoice, gateway: StripeGateway
) -> None:
    there_of = {
        line.metadata.get("trueback_line", f"foreign {index}"): line
        for index, line in enumerate(gateway.lines(there.stripe_id))
    }
    differences = inequalities(
        lines,
        currency=invoice.currency,
        total_minor=invoice.total_minor + (invoice.tax_minor or 0),
        at_stripe={name: line.amount_minor for name, line in there_of.items()},
        taxes_at_stripe={name: line.tax_minor for name, line in there_of.items()},
        stripe_currency=there.currency,
        stripe_total_minor=there.total_minor,
    )
    if differences:
        named = "; ".join(f"{one.of}: {one.here} here, {one.there} there" for one in differences)
        raise UnequalAtStripe(
            f"Stripe's invoice {there.stripe_id} differs: {named}.",
            stripe_id=there.stripe_id,
            differences=differences,
        )


def stripe_cause(fault: RefusedByStripe | UnequalAtStripe) -> Cause:
    """What Stripe said, or has otherwise."""
    if isinstance(fault, UnequalAtStripe):
        figures = {"stripe_invoice": fault.stripe_id}
        return Cause(CauseCode.UNEQUAL_AT_STRIPE, figures, differences=list(fault.differences))
    return Cause(CauseCode.REFUSED_BY_STRIPE, text=fault.answer)


def _send(invoice: Invoice, stripe_id: str, gateway: StripeGateway) -> RefusedByStripe | None:
    """Why it could not be sent, or nothing: what is finalised is issued, sent or not."""
    try:
        _perform(send_step(stripe_id, gateway), invoice)
    except RefusedByStripe as fault:
        return fault
    return None


def _conclude(
    invoice: Invoice,
    there: StripeInvoice,
    unsent: RefusedByStripe | None,
    gateway: StripeGateway,
) -> None:
    now = datetime.now(UTC)
    with as_ops():
        payments = payments_of(invoice, there, gateway)
    with as_ops():
        locked = Invoice.objects.select_for_update().get(pk=invoice.pk)
        if locked.state != State.ISSUING:
            return
        moved = move_invoice(
            locked,
            State.ISSUED,
            actor=ACTOR,
            cause=_finalised(there.number, unsent),
            now=now,
            number=there.number,
            stripe_status=there.status,
            hosted_invoice_url=there.hosted_invoice_url,
            issued_at=_moment(there.finalized_at) or now,
            due_at=_moment(there.due_date),
        )
        book_issued(moved)
        book_balance(moved, there.applied_balance_minor)
        if moved.reissues_id:
            lower_base(moved)
        record_revenue(moved, basis=State.DRAFT, sign=-1, now=now)
        record_revenue(moved, basis=State.ISSUED, sign=1, now=now)
        measure_restatement(moved)
        _settle_again(moved)
        # It may have been paid by now, and the event left waiting for us.
        request_job(kind="process_stripe_events", key="all", payload={})
        follow_stripe(moved, there, payments, now=now)


def _settle_again(issued: Invoice) -> None:
    """It was on its way when its month was closed again: what differs now is a correction.

    What stands in for a voided one is settled in any case: its account has just gone on.
    """
    closed = ClosedPeriod.objects.filter(period=issued.period).first()
    if closed is None:
        return
    is_closed_again = closed.number > 1 and closed.run_id != issued.run_id
    if issued.reissues_id or is_closed_again:
        settle_month(closed.period)


def _finalised(number: str, unsent: RefusedByStripe | None) -> Cause:
    if unsent is None:
        return Cause(CauseCode.FINALISED, {"number": number})
    return Cause(CauseCode.FINALISED_NOT_SENT, {"number": number}, text=unsent.answer)


def _discard_draft(invoice_id: str, gateway: StripeGateway) -> None:
    """Nobody has seen the draft: it is deleted, so that a later issue starts from nothing.

    What was finalised stays, and so do its operations: it is that document or none.
    """
    with as_ops():
        stripe_id = Invoice.objects.get(pk=invoice_id).stripe_invoice_id
    if stripe_id is not None:
        try:
            if gateway.invoice(stripe_id).status != StripeStatus.DRAFT:
                return
            require_lease()
            gateway.delete_draft(stripe_id)
        except RefusedByStripe as fault:
            logger.warning("the draft %s is gone already: %s", stripe_id, fault)
    with as_ops():
        Invoice.objects.filter(pk=invoice_id).update(stripe_invoice_id=None)
        StripeOperation.objects.filter(document=invoice_id).update(
            state=StripeOperation.State.FAILED, error="its draft was discarded"
        )


def _park(invoice_id: str, cause: Cause) -> None:
    with as_ops():
        invoice = Invoice.objects.select_for_update().get(pk=invoice_id)
        if invoice.state == State.ISSUING:
            if not invoice.stripe_invoice_id and invoice.reissues_id:
                stop_reissued(invoice, now=datetime.now(UTC))
            elif not invoice.stripe_invoice_id:
                drop_account(invoice)
            move_invoice(
                invoice,
                State.PARKED,
                actor=ACTOR,
                cause=cause,
                now=datetime.now(UTC),
                parked_from=State.ISSUING,
                **held_for([cause]),
                frozen=invoice.frozen if invoice.stripe_invoice_id else None,
            )


def _moment(unix: int | None) -> datetime | None:
    return None if unix is None else datetime.fromtimestamp(unix, tz=UTC)
