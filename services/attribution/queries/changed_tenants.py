"""Whose charges two runs of a month differ in."""

from typing import Any

from django.db.models import QuerySet, Sum

from services.attribution.models import Run, StatementLine, StatementQuantity


def changed_tenants(closed: Run, run: Run) -> set[str]:
    """By what they can be charged for: each charge group's cost and each metered quantity.

    Compared by the database: there are tens of thousands of tenants, each with some lines.
    """
    if closed.run_id == run.run_id:
        return set()
    tenants: set[str] = set()
    for amounts in (_group_costs, _quantities):
        before, after = amounts(closed), amounts(run)
        for rows in (before.difference(after), after.difference(before)):
            tenants.update(row[0] for row in rows)
    return tenants


def _group_costs(run: Run) -> QuerySet[Any, Any]:
    """A group without cost is as good as none: nothing is charged for either."""
    lines = StatementLine.objects.filter(statement__run_id=run.run_id)
    groups = lines.values("tenant_id", "charge_group").annotate(cost=Sum("amount"))
    return groups.exclude(cost=0).values_list("tenant_id", "charge_group", "cost")


def _quantities(run: Run) -> QuerySet[Any, Any]:
    quantities = StatementQuantity.objects.filter(statement__run_id=run.run_id)
    return quantities.exclude(quantity=0).values_list("tenant_id", "meter", "unit", "quantity")
