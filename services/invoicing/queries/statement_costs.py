"""The statements of a closed run, from the lake: tenant -> charge group -> exact cost."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from shared.faults import BadInput
from shared.lake.lake import Lake

Costs = Mapping[str, Mapping[str, Decimal]]


def statement_costs(lake: Lake, statements_uri: str, *, currency: str) -> Costs:
    """Raises BadInput where a row is in another currency than the period: never summed across."""
    costs: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    text = lake.storage.read(statements_uri).decode()
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=1):
        if row["currency"] != currency:
            raise BadInput(
                f"is in {row['currency']}, the period is in {currency}.",
                file=statements_uri,
                row=number,
                field="currency",
            )
        costs[row["tenant"]][row["charge_group"]] += Decimal(row["amount"])
    return costs
