"""One invoice with all that staff may see, and what this person may do with it."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from services.portal.domain.invoice_actions import next_step, shown_actions
from services.portal.domain.invoice_comparison import MONTHS_MAX, Comparison, compare, likest
from services.portal.domain.invoice_document import Document, day, head, staff_lines
from services.portal.domain.invoice_words import cause_words
from services.portal.gateways.invoicing import Issuing
from services.portal.models import StaffInvoice, User
from services.portal.pages.invoice import (
    Event,
    InvoicePage,
    ParkedReason,
    ReviewedInvoice,
    Successor,
)
from services.portal.queries.inbox import InboxFilter, neighbours_in, shown_restatement
from shared.auth.actors import Actor
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.invoice_states import FINISHED_STATES, ISSUED_STATES, State
from shared.vocabulary.roles import BILLING

_STEPS: Final[Mapping[tuple[str, str], str]] = {
    (State.IN_REVIEW, State.DRAFT): "Returned to draft",
    (State.APPROVED, State.DRAFT): "Returned to draft",
    (State.PARKED, State.DRAFT): "Released to draft",
}
_REACHED: Final[Mapping[str, str]] = {
    State.DRAFT: "Drafted",
    State.IN_REVIEW: "Sent to review",
    State.APPROVED: "Approved",
    State.ISSUING: "Sent to Stripe",
    State.ISSUED: "Issued",
    State.PAID: "Paid",
    State.OVERDUE: "Overdue",
    State.UNCOLLECTIBLE: "Written off",
    State.VOID: "Voided",
    State.PARKED: "Put on hold",
}
_SYSTEMS: Final = {"stripe": "Stripe"}
_PAYMENTS: Final[Mapping[str, str]] = {
    State.ISSUED: "Nothing is paid yet.",
    State.OVERDUE: "Nothing is paid, and it is past its due date.",
    State.PAID: "Paid in full.",
    State.UNCOLLECTIBLE: "Written off: nobody expects a payment any more.",
    State.VOID: "Cancelled: nothing is to pay.",
}


def read_staff_invoice(
    invoice_id: str,
    actor: Actor,
    *,
    now: datetime,
    among: InboxFilter | None = None,
    issuing: Callable[[], Issuing] = Issuing,
) -> InvoicePage | None:
    """`issuing` says whether anything can be issued; it is asked where that still matters.

    `among` is the inbox that it was come from, whose next one follows it.
    """
    record = StaffInvoice.objects.filter(invoice_id=invoice_id).first()
    if record is None:
        return None
    document = record.details
    can_issue = Issuing() if record.state in ISSUED_STATES else issuing()
    actions = shown_actions(
        document["actions"], state=record.state, actor=actor, issue_refusal=can_issue.refused
    )
    comparison = _comparison(record)
    return InvoicePage(
        invoice=ReviewedInvoice(
            **vars(head(document)),
            customer_key=record.customer,
            stripe_status=document["stripe_status"],
            stripe_url=document["hosted_invoice_url"],
            stripe_invoice_id=document["stripe_invoice_id"],
            lines=staff_lines(document, comparison.lines),
            comparison=comparison,
            paid_on=day(document["paid_at"]),
            payment=_payment(record.state),
            disclosure=document["disclosure"],
            version=record.version,
            parked=_parked(document),
            restated_by=shown_restatement(record),
            restated_total=Money(record.total + (record.restated_by or 0), record.currency),
            next_step=next_step(record.state, record.restated_by),
            days_until_due=document.get("days_until_due"),
            actions=[action for action in actions if action.allowed],
            refused_actions=[action for action in actions if not action.allowed],
            is_finished=record.state in FINISHED_STATES,
            timeline=_timeline(document),
        ),
        may_fix=record.state in ISSUED_STATES and actor.role in BILLING,
        successor=_successor(record) if record.state == State.VOID else None,
        neighbours=neighbours_in(record, actor, among, now=now),
        issue_refusal=can_issue.refused,
        issue_problem=can_issue.problem,
    )


def _comparison(record: StaffInvoice) -> Comparison:
    """With the same customer's invoices of the months before, in the same currency."""
    first = Month.parse(record.period)
    for _ in range(MONTHS_MAX):
        first = first.previous
    by_period: dict[str, list[Document]] = defaultdict(list)
    for known in (
        StaffInvoice.objects.filter(
            customer=record.customer,
            period__lt=record.period,
            period__gte=str(first),
            currency=record.currency,
        )
        .exclude(state=State.VOID)
        .order_by("-period", "invoice_id")
    ):
        by_period[known.period].append(known.details)
    earlier = {period: likest(record.details, known) for period, known in by_period.items()}
    documents = [document for document in earlier.values() if document is not None]
    previous = earlier.get(str(Month.parse(record.period).previous))
    return compare(record.details, previous, documents)


def _successor(record: StaffInvoice) -> Successor | None:
    """What was made after a void invoice for the same customer and period, the newest of its kind.

    Moments are kept as text in UTC, so that they compare as they follow each other.
    """
    later = (
        StaffInvoice.objects.filter(
            customer=record.customer,
            period=record.period,
            currency=record.currency,
            document__drafted_at__gt=record.details["drafted_at"],
        )
        .exclude(state=State.VOID)
        .order_by("-document__drafted_at")
    )
    successor = likest(record.details, [known.details for known in later])
    return Successor(successor["invoice_id"], successor["number"]) if successor else None


def _payment(state: str) -> str:
    return _PAYMENTS.get(state, "")


def _parked(document: Document) -> list[ParkedReason]:
    reasons = [cause_words(cause) for cause in document["parked_reasons"]]
    remedy = "If it is right, an approver releases it with a reason; it then is a draft again."
    return [ParkedReason(reason, remedy if reason == reasons[-1] else "") for reason in reasons]


def _timeline(document: Document) -> list[Event]:
    history = document["history"]
    names = {step["actor"] for step in history}
    people = dict(User.objects.filter(name__in=names).values_list("name", "full_name"))
    return [
        Event(
            state=step["to_state"],
            label=_STEPS.get(
                (step["from_state"], step["to_state"]), _REACHED.get(step["to_state"], "Changed")
            ),
            at=datetime.fromisoformat(step["at"]),
            actor=people.get(step["actor"]) or _SYSTEMS.get(step["actor"], step["actor"]),
            reason=cause_words(step["cause"]),
            digest="",
        )
        for step in reversed(history)
    ]
