"""The billing inbox of a month: what waits for whom, filtered and sorted in the database."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django.core.paginator import Paginator
from django.db import models
from django.db.models import Count, F, Max, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Lower, NullIf

from services.portal.domain.figures import change, money, sums_by_currency
from services.portal.domain.invoice_actions import FORWARD, next_step
from services.portal.domain.invoice_document import day, decimal
from services.portal.domain.invoice_words import cause_words
from services.portal.domain.labels import STATES
from services.portal.models import StaffInvoice
from services.portal.pages.inbox import InboxPage, InboxRow, Sum
from services.portal.pages.page import Choice, CustomerName
from services.portal.queries.margin_totals import AMOUNT
from shared.auth.actors import Actor
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.invoice_states import UNISSUED_STATES, State
from shared.vocabulary.roles import BILLING

PAGE: Final = 60
_SORTS: Final[Mapping[str, Any]] = {
    "customer": Lower("customer_name"),
    "total": F("total"),
    "change": F("change"),
    "due": KeyTextTransform("due_at", "document"),
}
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


def newest_billed() -> Month | None:
    """The newest month that has invoices."""
    period = StaffInvoice.objects.aggregate(period=Max("period"))["period"]
    return Month.parse(period) if period else None


def read_inbox(month: Month, actor: Actor, *, view: str, sort: str, q: str, page: int) -> InboxPage:
    invoices = StaffInvoice.objects.filter(period=str(month))
    views = _views(invoices, actor)
    view = view if view in {choice.key for choice in views} else "all"
    sort = sort if sort.removeprefix("-") in _SORTS else "-total"
    chosen = _sorted(_searched(_viewed(invoices, view, actor), q.strip()), sort)
    paging = Paginator(chosen, PAGE).get_page(max(page, 1))
    shown = list(paging)
    return InboxPage(
        period=month,
        views=views,
        view=view,
        q=q.strip(),
        sort=sort,
        rows=[_row(invoice) for invoice in shown],
        paging=paging,
        total_count=views[0].count,
        currency_totals=_totals(shown),
        sums=_sums(invoices),
    )


def inbox_rows(month: Month, actor: Actor, *, view: str, sort: str, q: str) -> list[InboxRow]:
    """All that the inbox would show, whatever fits on its page."""
    invoices = StaffInvoice.objects.filter(period=str(month))
    view = view if view in {choice.key for choice in _views(invoices, actor)} else "all"
    sort = sort if sort.removeprefix("-") in _SORTS else "-total"
    chosen = _sorted(_searched(_viewed(invoices, view, actor), q.strip()), sort)
    return [_row(invoice) for invoice in chosen]


def _sums(invoices: QuerySet[StaffInvoice]) -> list[Sum]:
    totals = list(
        invoices.values_list("state", "currency")
        .annotate(Count("pk"), models.Sum("total"))
        .order_by("currency")
    )
    return [
        Sum(
            label,
            note,
            sum(count for state, _, count, _ in totals if state in states),
            sums_by_currency(
                (currency, total) for state, currency, _, total in totals if state in states
            ),
        )
        for label, note, states in _SUMS
    ]


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


def _views(invoices: QuerySet[StaffInvoice], actor: Actor) -> list[Choice]:
    counts = dict(invoices.values_list("state").annotate(Count("pk")).order_by())
    views = [Choice("all", "All", sum(counts.values()))]
    if actor.role in BILLING:
        waiting = invoices.filter(waits_for(actor)).count()
        views.append(Choice("to_do", "To do", waiting))
    restated = _restated(invoices).count()
    if restated:
        views.append(Choice("restated", "Restated", restated))
    views += [
        Choice(state, label, counts[state]) for state, label in STATES.items() if counts.get(state)
    ]
    return views


def _viewed(invoices: QuerySet[StaffInvoice], view: str, actor: Actor) -> QuerySet[StaffInvoice]:
    if view == "to_do":
        return invoices.filter(waits_for(actor))
    if view == "restated":
        return _restated(invoices)
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
    return invoices.annotate(change=(F("total") - base) / base).order_by(order, "invoice_id")


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
