"""A period's sums over all tenants, and its proof: what the margin table has to tie to."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum

from services.portal.domain.figures import ratio
from services.portal.models import PeriodSummary, TenantMargin
from shared.vocabulary.invoice_states import State

AMOUNT: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=38, decimal_places=10)
_KNOWN = Q(revenue__isnull=False)
_ZERO = Decimal(0)


@dataclass(frozen=True)
class Totals:
    """Margin leaves out tenants whose revenue is unknown, on both sides."""

    tenant_count: int
    revenue_unknown_count: int
    losing_count: int
    draft_count: int
    direct: Decimal
    shared: Decimal
    cost: Decimal
    revenue: Decimal | None
    margin: Decimal | None

    @property
    def margin_ratio(self) -> Decimal | None:
        return ratio(self.margin, self.revenue)


def current_margins() -> QuerySet[TenantMargin]:
    """The rows of each period's current run; what older runs left behind doesn't count."""
    run = PeriodSummary.objects.filter(period=OuterRef("period")).values("run_id")
    return TenantMargin.objects.filter(run_id=Subquery(run))


def find_summary(period: str) -> PeriodSummary | None:
    """The period's proof; None where no run has held it yet."""
    return PeriodSummary.objects.filter(period=period).exclude(run_id="").first()


def sum_margins(summary: PeriodSummary) -> Totals:
    sums = TenantMargin.objects.filter(period=summary.period, run_id=summary.run_id).aggregate(
        tenant_count=Count("pk"),
        revenue_unknown_count=Count("pk", filter=~_KNOWN),
        losing_count=Count("pk", filter=Q(revenue__lt=F("cost"))),
        draft_count=Count("pk", filter=Q(revenue_basis=State.DRAFT)),
        direct=Sum("direct_cost", default=_ZERO),
        shared=Sum("shared_cost", default=_ZERO),
        cost_total=Sum("cost", default=_ZERO),
        revenue_total=Sum("revenue"),
        margin=Sum(F("revenue") - F("cost"), filter=_KNOWN, output_field=AMOUNT),
    )
    return Totals(cost=sums.pop("cost_total"), revenue=sums.pop("revenue_total"), **sums)
