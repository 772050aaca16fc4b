"""Statements, tenant -> charge group -> exact cost: of a closed run, and as revised since."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from services.invoicing.models import StatementRevision
from shared.csv_files import read_rows
from shared.faults import BadInput
from shared.lake.lake import Lake

Costs = Mapping[str, Mapping[str, Decimal]]


def statement_costs(lake: Lake, statements_uri: str, *, currency: str) -> Costs:
    """Raises BadInput where a row is in another currency than the period: never summed across."""
    costs: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    text = lake.storage.read(statements_uri).decode()
    for number, row in enumerate(read_rows(text), start=1):
        if row["currency"] != currency:
            raise BadInput(
                f"is in {row['currency']}, the period is in {currency}.",
                file=statements_uri,
                row=number,
                field="currency",
            )
        costs[row["tenant"]][row["charge_group"]] += Decimal(row["amount"])
    return costs


def revised_costs(period: str, tenants: Iterable[str]) -> Costs:
    """The newest of those tenants that were revised; one that costs nothing any more is empty."""
    return {
        revision.tenant: {group: Decimal(amount) for group, amount in revision.costs.items()}
        for revision in StatementRevision.objects.filter(period=period, tenant__in=list(tenants))
    }


def sum_of(costs: Costs) -> Decimal:
    """Of all tenants."""
    return sum((amount for groups in costs.values() for amount in groups.values()), Decimal(0))
