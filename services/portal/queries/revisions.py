from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Sum

from services.portal.models import TenantRevision


@dataclass(frozen=True)
class Revised:
    """How many tenants of a closed month AWS has restated since, and by how much in all."""

    tenant_count: int
    difference: Decimal


def read_revisions(period: str) -> Revised:
    """A tenant whose difference is gone again does not count."""
    changed = TenantRevision.objects.filter(period=period).exclude(cost_after=F("cost_before"))
    sums = changed.aggregate(count=Count("tenant"), by=Sum(F("cost_after") - F("cost_before")))
    return Revised(sums["count"], sums["by"] or Decimal(0))
