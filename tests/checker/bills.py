"""What a bill comes to, from its files as AWS has delivered them (CUR 2.0, Parquet)."""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Final

import duckdb

_COLUMNS: Final = (
    "line_item_line_item_type",
    "line_item_unblended_cost",
    "savings_plan_savings_plan_effective_cost",
    "savings_plan_total_commitment_to_date",
    "savings_plan_used_commitment",
    "reservation_effective_cost",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
    "reservation_unused_recurring_fee",
)
# Costs have ten decimal places from here on (the README's promise); a double is its shortest
# decimal, rounded once.
_PLACE: Final = Decimal(1).scaleb(-10)


def amortised_total(files: Sequence[Path]) -> Decimal:
    """US dollars: the sum over all lines of AWS's amortised cost (its guide to the Cost and Usage
    Report, "Understanding your amortized cost")."""
    with duckdb.connect() as connection:
        rows = (
            connection.read_parquet([str(file) for file in files])
            .select(*map(duckdb.ColumnExpression, _COLUMNS))
            .fetchall()
        )
    with localcontext(prec=60):
        return sum((_amortised(kind, *amounts) for kind, *amounts in rows), Decimal(0))


def _amortised(kind: str, *amounts: float | None) -> Decimal:
    unblended, plan, committed, used, reserved, unused_upfront, unused_fee = map(_decimal, amounts)
    match kind:
        case "SavingsPlanCoveredUsage":
            return plan
        case "SavingsPlanRecurringFee":
            return committed - used
        case "SavingsPlanNegation" | "SavingsPlanUpfrontFee":
            return Decimal(0)
        case "DiscountedUsage":
            return reserved
        case "RIFee":
            return unused_upfront + unused_fee
        case _:
            return unblended


def _decimal(amount: float | None) -> Decimal:
    return Decimal(repr(amount or 0.0)).quantize(_PLACE)
