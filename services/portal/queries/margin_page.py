"""The margin page: figures with their change, the proof, and a table that sums to the bill."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.portal.domain.figures import (
    Figure,
    change,
    change_or_base,
    difference,
    money,
    ratio,
    so_far,
)
from services.portal.models import BillState, PeriodSummary
from services.portal.pages.margins import MarginsPage, MarginTotals, Other, Proof
from services.portal.pages.page import Choice
from services.portal.queries.margin_rows import Selection, count_views, margin_page
from services.portal.queries.margin_totals import Totals, find_summary, sum_margins
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.period_states import PeriodState

_VIEW_LABELS: Final = {
    "all": "All",
    "negative": "Losing money",
    "falling": "Falling for 3 months",
    "no_contract": "No contract",
    "unknown": "No revenue known",
}


@dataclass(frozen=True)
class Headline:
    """A month's sums, its figures and its proof: what stands above the table."""

    summary: PeriodSummary
    totals: Totals
    compared_to: Month | None
    figures: list[Figure]
    proof: Proof


def read_headline(month: Month, *, is_open: bool) -> Headline | None:
    """None before the first run; a month that still runs is compared with none."""
    summary = find_summary(str(month))
    if summary is None:
        return None
    totals = sum_margins(summary)
    before = None if is_open else find_summary(str(month.previous))
    earlier = (before, sum_margins(before)) if before else None
    figures = _figures(summary, totals, earlier)
    return Headline(
        summary=summary,
        totals=totals,
        compared_to=month.previous if before else None,
        figures=[so_far(figure) for figure in figures] if is_open else figures,
        proof=_proof(summary, totals),
    )


def read_margins(
    month: Month, selection: Selection, *, page: int, state: PeriodState = PeriodState.CLOSED
) -> MarginsPage:
    is_open = state == PeriodState.OPEN
    headline = read_headline(month, is_open=is_open)
    if headline is None:
        return MarginsPage(period=month, period_state=state)
    summary, totals = headline.summary, headline.totals
    rows, paging = margin_page(month, selection, page=page, is_open=is_open)
    currency = summary.currency
    return MarginsPage(
        period=month,
        period_state=state,
        compared_to=headline.compared_to,
        currency=currency,
        figures=headline.figures,
        proof=headline.proof,
        rows=rows,
        has_past=any(len(row.trend) > 1 for row in rows),
        paging=paging,
        others=others(summary, totals),
        totals=_in_currency(totals, currency),
        bill=Money(summary.bill, currency),
        sort=selection.sort,
        view=selection.view,
        q=selection.q,
        views=[
            Choice(key, _VIEW_LABELS[key], count)
            for key, count in count_views(month, is_open=is_open).items()
        ],
    )


def others(summary: PeriodSummary, totals: Totals) -> list[Other]:
    """With the tenants' costs they are the bill, exactly, also while a run's figures arrive."""
    arriving = summary.attributed - totals.cost
    listed = [
        Other("Overhead", "the operator's own, by a rule", _money(summary, summary.overhead)),
        Other("Unallocated", "no tenant was found for it", _money(summary, summary.unallocated)),
    ]
    if summary.excluded:
        listed.append(
            Other("Excluded", "left out of cost by a rule", _money(summary, summary.excluded))
        )
    if arriving:
        listed.append(
            Other("Arriving", "tenants whose figures are on their way", _money(summary, arriving))
        )
    return [*listed, *_exchanged(summary)]


def _exchanged(summary: PeriodSummary) -> list[Other]:
    """What of the bill is another month's cost, and what of this month's is on another bill."""
    listed = (
        Other(
            "Earlier months",
            "lines of this bill that belong to them",
            _money(summary, summary.moved_out),
        ),
        Other(
            "Later bills",
            "lines of this month that they have",
            _money(summary, -summary.moved_in),
        ),
    )
    return [other for other in listed if other.cost.amount]


def _money(summary: PeriodSummary, amount: Decimal) -> Money:
    return Money(amount, summary.currency)


def _in_currency(totals: Totals, currency: str) -> MarginTotals:
    return MarginTotals(
        tenant_count=totals.tenant_count,
        revenue_unknown_count=totals.revenue_unknown_count,
        revenue=money(totals.revenue, currency),
        direct=Money(totals.direct, currency),
        shared=Money(totals.shared, currency),
        cost=Money(totals.cost, currency),
        margin=money(totals.margin, currency),
        margin_ratio=totals.margin_ratio,
    )


def _proof(summary: PeriodSummary, totals: Totals) -> Proof:
    return Proof(
        bill=_money(summary, summary.bill),
        direct=_money(summary, totals.direct),
        shared=_money(summary, totals.shared),
        overhead=_money(summary, summary.overhead),
        unallocated=_money(summary, summary.unallocated),
        excluded=_money(summary, summary.excluded),
        difference=_money(summary, summary.difference.normalize()),
        holds=summary.difference == 0,
        note=_note(summary, totals),
        exchanged=_exchanged(summary),
    )


def _note(summary: PeriodSummary, totals: Totals) -> str:
    lines = sum(BillState.objects.filter(period=summary.period).values_list("row_count", flat=True))
    sentences = [f"{lines:,} FOCUS lines of the bill, run {summary.version} of this month."]
    if summary.fallback_share:
        share = f"{summary.fallback_share * 100:.2f}"
        sentences.append(
            f"{share}% of the cost went by a pool's fallback, its signal being silent."
        )
    if summary.revised_tenant_count:
        by = f"{summary.revised_by:+,.2f} {summary.currency}".replace("-", "\N{MINUS SIGN}")
        whose = _tenants(summary.revised_tenant_count)
        sentences.append(
            f"AWS has restated the bill since the close: {by} for {whose}; what was invoiced stays."
        )
    if summary.attributed != totals.cost:
        sentences.append("Some tenants' figures of this run are still on their way.")
    return " ".join(sentences)


def _figures(
    summary: PeriodSummary, totals: Totals, earlier: tuple[PeriodSummary, Totals] | None
) -> list[Figure]:
    currency = summary.currency
    before_summary, before = earlier or (None, None)
    if before_summary is not None and before_summary.currency != currency:
        before_summary, before = None, None
    unallocated = ratio(summary.unallocated, summary.bill)
    change_of_margin, was = change_or_base(
        totals.margin, before.margin if before else None, currency
    )
    return [
        Figure(
            "Revenue",
            money(totals.revenue, currency),
            change=change(totals.revenue, before.revenue if before else None),
            good="up",
            note=_revenue_note(totals),
        ),
        Figure(
            "Cost to serve",
            Money(totals.cost, currency),
            change=change(totals.cost, before.cost if before else None),
            good="down",
        ),
        Figure(
            "Margin",
            money(totals.margin, currency),
            change=change_of_margin,
            good="up",
            note=_margin_note(totals),
            was=was,
        ),
        Figure(
            "Margin %",
            totals.margin_ratio,
            "percent",
            change=difference(totals.margin_ratio, before.margin_ratio if before else None),
            good="up",
        ),
        Figure(
            "Unallocated",
            unallocated,
            "percent",
            change=difference(
                unallocated,
                ratio(before_summary.unallocated, before_summary.bill) if before_summary else None,
            ),
            good="down",
        ),
    ]


def _revenue_note(totals: Totals) -> str:
    notes = []
    if totals.draft_count:
        notes.append(f"{_tenants(totals.draft_count)} in draft")
    unknown = totals.revenue_unknown_count
    if unknown:
        notes.append(f"{unknown if notes else _tenants(unknown)} unknown")
    return ", ".join(notes)


def _margin_note(totals: Totals) -> str:
    """Revenue less cost isn't the margin where a tenant has a cost alone."""
    count = totals.revenue_unknown_count
    if totals.margin is None or not count:
        return ""
    return f"without {_tenants(count)} of unknown revenue"


def _tenants(count: int) -> str:
    return "1 tenant" if count == 1 else f"{count} tenants"
