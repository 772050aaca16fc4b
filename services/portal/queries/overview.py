"""The operator's first page: how the month stands, what moved it, what is to close next."""

from decimal import Decimal

from services.portal.domain.figures import ratio
from services.portal.pages.overview import NextClose, OverviewPage, Step, Waterfall
from services.portal.queries.calendar import Calendar, KnownPeriod
from services.portal.queries.cost_changes import read_movers
from services.portal.queries.margin_page import Headline, read_headline
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.period_states import PeriodState


def read_overview(
    month: Month, *, state: PeriodState = PeriodState.CLOSED, next_close: NextClose | None = None
) -> OverviewPage:
    is_open = state == PeriodState.OPEN
    headline = read_headline(month, is_open=is_open)
    if headline is None:
        return OverviewPage(period=month, period_state=state, next_close=next_close)
    movers, span = read_movers(month, is_open=is_open)
    return OverviewPage(
        period=month,
        period_state=state,
        compared_to=headline.compared_to,
        currency=headline.summary.currency,
        figures=headline.figures,
        proof=headline.proof,
        waterfall=waterfall(headline),
        movers=movers,
        movers_before=month.previous if span else None,
        days_compared=span.days if span else None,
        next_close=next_close,
    )


def waterfall(headline: Headline) -> Waterfall | None:
    """None while nobody's revenue is known."""
    summary, totals = headline.summary, headline.totals
    if totals.revenue is None:
        return None
    costs = [
        ("Direct cost", totals.direct),
        ("Shared cost", totals.shared),
        ("Overhead", summary.overhead),
        ("Unallocated", summary.unallocated),
    ]
    arriving = summary.attributed - totals.cost
    if arriving:
        costs.append(("Arriving", arriving))
    left = totals.revenue - sum((cost for _, cost in costs), Decimal(0))
    currency = summary.currency
    return Waterfall(
        steps=[
            Step("Revenue", "total", Money(totals.revenue, currency)),
            *(Step(label, "less", Money(-cost, currency)) for label, cost in costs),
            Step("Operating margin", "total", Money(left, currency)),
        ],
        margin=Money(left, currency),
        margin_ratio=ratio(left, totals.revenue),
        revenue_unknown_count=totals.revenue_unknown_count,
        excluded=Money(summary.excluded, currency) if summary.excluded else None,
    )


def next_close(calendar: Calendar) -> KnownPeriod | None:
    """The oldest month that has a run and that nobody has closed."""
    waiting = [known for known in calendar.periods if known.is_attributed and not known.is_closed]
    return waiting[-1] if waiting else None
