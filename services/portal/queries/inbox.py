"""The billing inbox, of a month or all: what waits for whom, filtered, sorted in the database."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.core.paginator import Paginator
from django.db import models
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Lower, NullIf

from services.portal.domain.figures import change, money, sums_by_currency
from services.portal.domain.invoice_actions import FORWARD, next_step
from services.portal.domain.invoice_document import day, decimal
from services.portal.domain.invoice_words import cause_words
from services.portal.domain.labels import STATES
from services.portal.models import StaffInvoice
from services.portal.pages.inbox import CorrectionMonth, InboxPage, InboxRow, Sum, WaitingCredit
from services.portal.pages.invoice import Neighbours
from services.portal.pages.page import Choice, CustomerName
from services.portal.queries.margin_totals import AMOUNT
from shared.auth.actors import Actor
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.invoice_states import UNISSUED_STATES, State, StripeStatus
from shared.vocabulary.roles import BILLING

PAGE: Final = 60
_SORTS: Final[Mapping[str, Any]] = {
    "customer": Lower("customer_name"),
    "total": F("total"),
    "change": F("change"),
    "due": KeyTextTransform("due_at", "document"),
    "period": F("period"),
}
CORRECTIONS: Final = "corrections"
OVERDUE: Final = State.OVERDUE.value
# What a month's invoices come to: label, its note, and the states that count.
_SUMS: Final = (
    (
        "To issue",
        "drafts, reviews and on hold",
        UNISSUED_STATES,
    ),
    ("To be paid", "issued and not due yet", (State.ISSUING, State.ISSUED)),
    ("Overdue", "past the due date", (State.OVERDUE,)),
    ("Paid", "", (State.PAID,)),
)


@dataclass(frozen=True)
class InboxFilter:
    """What an inbox's address asks for; `month` of None is all of them.

    Without a view it opens on what is to do, of all months; else on all of the month.
    """

    month: Month | None
    view: str = ""
    sort: str = ""
    q: str = ""


def read_inbox(
    actor: Actor,
    asked: InboxFilter,
    *,
    now: datetime,
    page: int = 1,
    corrections: Sequence[CorrectionMonth] = (),
    given: Sequence[WaitingCredit] = (),
) -> InboxPage:
    """`corrections` are the months whose close has corrections that wait, as invoicing has them.

    `given` is what people give on invoices, and waits too.
    """
    invoices = _invoices(asked.month)
    shown_months = [one for one in corrections if asked.month in {None, one.period}]
    shown_given = [one for one in given if asked.month in {None, one.period}]
    views = _views(invoices, actor, now, len(shown_months) + len(shown_given))
    asked = _known(asked, actor, {choice.key for choice in views})
    is_of_corrections = asked.view == CORRECTIONS
    chosen = invoices.none() if is_of_corrections else _chosen(invoices, asked, actor, now)
    paging = Paginator(chosen, PAGE).get_page(max(page, 1))
    shown = list(paging)
    return InboxPage(
        period=asked.month,
        views=views,
        view=asked.view,
        q=asked.q,
        sort=asked.sort,
        rows=[_row(invoice) for invoice in shown],
        paging=paging,
        total_count=next(choice.count for choice in views if choice.key == "all"),
        currency_totals=_totals(shown),
        sums=_sums(invoices, now),
        corrections=shown_months if is_of_corrections else (),
        given=shown_given if is_of_corrections else (),
    )


def inbox_rows(actor: Actor, asked: InboxFilter, *, now: datetime) -> list[InboxRow]:
    """All that the inbox would show, whatever fits on its page."""
    invoices = _invoices(asked.month)
    views = _views(invoices, actor, now, 0)
    known = _known(asked, actor, {choice.key for choice in views} - {CORRECTIONS})
    return [_row(invoice) for invoice in _chosen(invoices, known, actor, now)]


def neighbours_in(
    invoice: StaffInvoice, actor: Actor, asked: InboxFilter | None, *, now: datetime
) -> Neighbours:
    """As the inbox shows them; without one that was come from, all of the month.

    What has left the filter, since something was done to it, still stands where it was.
    """
    asked = asked or InboxFilter(Month.parse(invoice.period), view="all")
    invoices = _invoices(asked.month)
    known = _known(asked, actor, {"to_do", OVERDUE, "restated", *STATES})
    viewed = _searched(_viewed(invoices, known.view, actor, now), known.q)
    with_this = StaffInvoice.objects.filter(Q(pk__in=viewed.values("pk")) | Q(pk=invoice.pk))
    ids = list(_sorted(with_this, known.sort).values_list("invoice_id", flat=True))
    here, is_left = ids.index(invoice.invoice_id), not viewed.filter(pk=invoice.pk).exists()
    return Neighbours(
        previous_id=ids[here - 1] if here else None,
        next_id=ids[here + 1] if here + 1 < len(ids) else None,
        position=0 if is_left else here + 1,
        count=len(ids) - is_left,
    )


def _invoices(month: Month | None) -> QuerySet[StaffInvoice]:
    if month is None:
        return StaffInvoice.objects.all()
    return StaffInvoice.objects.filter(period=str(month))


def _known(asked: InboxFilter, actor: Actor, views: AbstractSet[str]) -> InboxFilter:
    """What is no view, or no column, is the first one that there is."""
    is_to_do = asked.month is None and not asked.view and actor.role in BILLING
    view = "to_do" if is_to_do else asked.view
    default = "-period" if asked.month is None else "-total"
    return InboxFilter(
        month=asked.month,
        view=view if view in views else "all",
        sort=asked.sort if asked.sort.removeprefix("-") in _SORTS else default,
        q=asked.q.strip(),
    )


def _chosen(
    invoices: QuerySet[StaffInvoice], asked: InboxFilter, actor: Actor, now: datetime
) -> QuerySet[StaffInvoice]:
    return _sorted(_searched(_viewed(invoices, asked.view, actor, now), asked.q), asked.sort)


def _sums(invoices: QuerySet[StaffInvoice], now: datetime) -> list[Sum]:
    totals = list(
        invoices.annotate(is_late=Case(When(_is_overdue(now), then=True), default=False))
        .values_list("state", "is_late", "currency")
        .annotate(Count("pk"), models.Sum("total"))
        .order_by("currency")
    )
    return [
        Sum(
            label,
            note,
            sum(row[3] for row in totals if _is_summed(row, states)),
            sums_by_currency((row[2], row[4]) for row in totals if _is_summed(row, states)),
        )
        for label, note, states in _SUMS
    ]


def _is_summed(row: tuple[Any, ...], states: Collection[str]) -> bool:
    state = State.OVERDUE if row[1] else row[0]
    return state in states


def _is_overdue(now: datetime) -> Q:
    """Open at Stripe and past its due date, though Stripe has not said so yet.

    Moments are kept as text in UTC, so that they compare as they follow each other.
    """
    is_past = Q(
        state=State.ISSUED,
        document__stripe_status=StripeStatus.OPEN,
        document__due_at__lt=f"{now:%Y-%m-%dT%H:%M:%SZ}",
    )
    return Q(state=State.OVERDUE) | is_past


def waits_for(actor: Actor) -> Q:
    """Invoices whose next step this person may take, by what invoicing says of each action."""
    waiting = Q(pk__in=[])
    for state, action in FORWARD.items():
        open_to = {"name": action, "refused": None, "roles": [actor.role]}
        own = {"name": action, "not_by": [actor.name]}
        # A row of the release before has no `fact`, and says '' for what is not refused.
        is_open = Q(fact__actions__contains=[open_to]) | Q(
            fact__isnull=True, document__actions__contains=[open_to | {"refused": ""}]
        )
        waiting |= Q(state=state) & is_open & ~Q(document__actions__contains=[own])
    return waiting


def _views(
    invoices: QuerySet[StaffInvoice], actor: Actor, now: datetime, correction_count: int
) -> list[Choice]:
    counts = dict(invoices.values_list("state").annotate(Count("pk")).order_by())
    views = []
    if actor.role in BILLING:
        waiting = invoices.filter(waits_for(actor)).count()
        views.append(Choice("to_do", "To do", waiting))
    overdue = invoices.filter(_is_overdue(now)).count()
    views += [
        Choice(CORRECTIONS, "Corrections", correction_count),
        Choice(OVERDUE, STATES[State.OVERDUE], overdue),
        Choice("all", "All", sum(counts.values())),
    ]
    restated = _restated(invoices).count()
    if restated:
        views.append(Choice("restated", "Restated", restated))
    views += [
        Choice(state, label, counts[state])
        for state, label in STATES.items()
        if counts.get(state) and state != OVERDUE
    ]
    return views


def _viewed(
    invoices: QuerySet[StaffInvoice], view: str, actor: Actor, now: datetime
) -> QuerySet[StaffInvoice]:
    if view == "to_do":
        return invoices.filter(waits_for(actor))
    if view == "restated":
        return _restated(invoices)
    if view == OVERDUE:
        return invoices.filter(_is_overdue(now))
    return invoices if view == "all" else invoices.filter(state=view)


def _restated(invoices: QuerySet[StaffInvoice]) -> QuerySet[StaffInvoice]:
    """A restatement that came to nothing doesn't count, nor one of what is void."""
    return invoices.filter(restated_by__isnull=False).exclude(
        Q(restated_by=0) | Q(state=State.VOID)
    )


def _searched(invoices: QuerySet[StaffInvoice], text: str) -> QuerySet[StaffInvoice]:
    if not text:
        return invoices
    return invoices.filter(Q(customer_name__icontains=text) | Q(document__number__icontains=text))


def _sorted(invoices: QuerySet[StaffInvoice], sort: str) -> QuerySet[StaffInvoice]:
    previous = Cast(KeyTextTransform("previous_total", "document"), AMOUNT)
    base = NullIf(previous, Value(Decimal(0), output_field=AMOUNT))
    key = _SORTS[sort.removeprefix("-")]
    order = key.desc(nulls_last=True) if sort.startswith("-") else key.asc(nulls_last=True)
    return invoices.annotate(change=(F("total") - base) / base).order_by(
        order, "-total", "invoice_id"
    )


def _row(invoice: StaffInvoice) -> InboxRow:
    document = invoice.details
    return InboxRow(
        id=invoice.invoice_id,
        number=document["number"],
        customer=CustomerName(invoice.customer_name),
        period=Month.parse(invoice.period),
        state=invoice.state,
        stripe_status=document["stripe_status"],
        total=Money(invoice.total, invoice.currency),
        change=change(invoice.total, decimal(document["previous_total"])),
        due_date=day(document["due_at"]),
        parked=sorted(map(cause_words, document["parked_reasons"]), key=len),
        restated_by=shown_restatement(invoice),
        next_step=next_step(invoice.state, invoice.restated_by),
    )


def shown_restatement(invoice: StaffInvoice) -> Money | None:
    """None where it came to nothing, or where the invoice is void and its successor counts."""
    if invoice.state == State.VOID:
        return None
    return money(invoice.restated_by or None, invoice.currency)


def _totals(invoices: Sequence[StaffInvoice]) -> list[Money]:
    """Nobody is asked for what is void."""
    return sums_by_currency(
        (invoice.currency, invoice.total) for invoice in invoices if invoice.state != State.VOID
    )
