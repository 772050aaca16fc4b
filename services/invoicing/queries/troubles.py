"""What is stuck in invoicing: what Stripe has said or been asked, and nobody has concluded."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Max, Min, Q

from services.invoicing.gateways.stripe.probe import stripe_probe
from services.invoicing.models import CreditNote, Invoice, StripeEvent, StripeOperation
from shared.health.read import common_troubles
from shared.health.trouble import ITEMS_MAX, Trouble, quoted
from shared.proposals.read import waiting_proposals
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import State
from shared.vocabulary.troubles import TroubleCode, TroubleKind

# An event is looked at within a minute; one of an invoice that is being issued waits for that.
EVENT_AFTER: Final = timedelta(minutes=30)
# A call is answered in seconds, and sent again with its key within minutes.
CALL_AFTER: Final = timedelta(minutes=15)
# A month of thousands takes hours at Stripe's rate; a day is no month's.
ISSUING_AFTER: Final = timedelta(hours=6)
_BY_STRIPE: Final = (CauseCode.REFUSED_BY_STRIPE, CauseCode.UNEQUAL_AT_STRIPE)


def read_troubles(now: datetime) -> Iterator[Trouble]:
    probe = stripe_probe()
    yield from common_troubles(now, probes=[probe] if probe else [])
    yield from _events(now)
    yield from _calls(now)
    yield from _invoices(now)
    yield from _corrections()
    yield from waiting_proposals(now)


def _events(now: datetime) -> Iterator[Trouble]:
    late = StripeEvent.objects.filter(processed_at=None, received_at__lt=now - EVENT_AFTER)
    waiting = late.aggregate(count=Count("*"), oldest=Min("received_at"))
    if waiting["count"]:
        yield Trouble(
            TroubleKind.STRIPE_EVENTS,
            TroubleCode.NOT_PROCESSED,
            "",
            waiting["oldest"],
            {"count": waiting["count"]},
        )


def _calls(now: datetime) -> Iterator[Trouble]:
    intended = StripeOperation.objects.filter(state=StripeOperation.State.INTENDED)
    late = intended.filter(first_sent_at__lt=now - CALL_AFTER).order_by("first_sent_at")
    for call in late[:ITEMS_MAX]:
        yield Trouble(
            TroubleKind.STRIPE_CALL,
            TroubleCode.UNKNOWN_OUTCOME,
            call.document,
            call.first_sent_at,
            {"step": call.step, "count": call.attempt, "text": quoted(call.error)},
        )


def _invoices(now: datetime) -> Iterator[Trouble]:
    by_stripe = Q()
    for cause in _BY_STRIPE:
        by_stripe |= Q(parked_for__contains=[{"code": cause}])
    moved = Invoice.objects.annotate(moved_at=Max("transitions__at")).order_by("moved_at")
    stuck = (
        (TroubleCode.STILL_ISSUING, Q(state=State.ISSUING, moved_at__lt=now - ISSUING_AFTER)),
        (TroubleCode.HELD_BY_STRIPE, Q(state=State.PARKED) & by_stripe),
    )
    for code, condition in stuck:
        for invoice in moved.filter(condition)[:ITEMS_MAX]:
            yield Trouble(
                TroubleKind.INVOICE,
                code,
                invoice.invoice_id,
                invoice.moved_at or invoice.drafted_at,
                {"customer": invoice.customer_id, "period": invoice.period},
            )


def _corrections() -> Iterator[Trouble]:
    """By month; those that Stripe refused are among them."""
    waits = {State.IN_REVIEW, State.PARKED}
    notes = CreditNote.objects.filter(state__in=waits).values_list("period", "drafted_at")
    extra = Invoice.objects.filter(kind=InvoiceKind.SUPPLEMENTARY, state__in=waits)
    waiting: dict[str, list[datetime]] = defaultdict(list)
    for period, since in [*notes, *extra.values_list("period", "drafted_at")]:
        waiting[period].append(since)
    for period, times in sorted(waiting.items()):
        yield Trouble(
            TroubleKind.CORRECTIONS,
            TroubleCode.APPROVER_NEEDED,
            period,
            min(times),
            {"count": len(times)},
        )
