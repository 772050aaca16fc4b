"""The periods with their states, and what a closed one's restatements have changed since."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from services.portal.domain.figures import ratio
from services.portal.domain.period_checks import ShownOverride, override_of
from services.portal.models import PeriodSummary, TenantMargin, TenantRevision, User
from services.portal.pages.close import PeriodRow, Revision
from services.portal.queries.calendar import Calendar
from shared.contracts.superseded.period_closed import read_overrides
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.period_states import PeriodState


@dataclass(frozen=True)
class KeptPeriod:
    """What is kept of one period here; its checks are known to attribution alone."""

    is_attributed: bool
    currency: str
    closed_by: str
    closed_at: datetime | None
    overrides: list[ShownOverride]
    revisions: list[Revision]
    revised_by: Money | None


def read_periods(calendar: Calendar) -> list[PeriodRow]:
    """Newest first, also those of which only a bill has arrived."""
    summaries = {summary.period: summary for summary in PeriodSummary.objects.defer("pools")}
    return [
        _row(known.month, known.state, summaries.get(str(known.month)))
        for known in calendar.periods
    ]


def _row(month: Month, state: PeriodState, summary: PeriodSummary | None) -> PeriodRow:
    has_run = summary is not None and bool(summary.run_id)
    if summary is None or not has_run:
        return PeriodRow(month, state, None, None, "", None, 0, None)
    return PeriodRow(
        month=month,
        state=state,
        bill=Money(summary.bill, summary.currency),
        unallocated_ratio=ratio(summary.unallocated, summary.bill),
        closed_by=summary.closed_by,
        closed_at=summary.closed_at,
        revised_tenant_count=summary.revised_tenant_count,
        revised_by=Money(summary.revised_by, summary.currency)
        if summary.revised_tenant_count
        else None,
    )


def read_period(month: Month) -> KeptPeriod:
    summary = PeriodSummary.objects.filter(period=str(month)).first()
    currency = summary.currency if summary else ""
    revisions = _revisions(str(month), currency) if currency else []
    differences = [revision.difference.amount for revision in revisions]
    return KeptPeriod(
        is_attributed=bool(summary and summary.run_id),
        currency=currency,
        closed_by=_full_name(summary.closed_by) if summary else "",
        closed_at=summary.closed_at if summary else None,
        overrides=_overrides(summary) if summary else [],
        revisions=revisions,
        revised_by=Money(sum(differences, Decimal(0)), currency) if revisions else None,
    )


def _overrides(summary: PeriodSummary) -> list[ShownOverride]:
    if summary.overridden_checks is None:
        written = read_overrides(summary.overrides, closed_by=summary.closed_by)
        return [override_of(**asdict(override)) for override in written]
    return [override_of(**override) for override in summary.overridden_checks]


def _full_name(name: str) -> str:
    """Attribution knows people by the name they sign in with."""
    return User.objects.filter(name=name).values_list("full_name", flat=True).first() or name


def _revisions(period: str, currency: str) -> list[Revision]:
    names = dict(TenantMargin.objects.filter(period=period).values_list("tenant", "name"))
    revisions = [
        Revision(
            tenant=row.tenant,
            name=names.get(row.tenant, row.tenant),
            before=Money(row.cost_before, currency),
            after=Money(row.cost_after, currency),
            difference=Money(row.cost_after - row.cost_before, currency),
        )
        for row in TenantRevision.objects.filter(period=period)
        if row.is_changed
    ]
    return sorted(revisions, key=lambda row: (-abs(row.difference.amount), row.tenant))
