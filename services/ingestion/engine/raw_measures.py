"""What a raw line was billed and what it costs amortised, in Python's Decimal.

The second, independent reading of the rules in `cur.sql`; sources as there.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from shared.exact import EXACT

# Amounts have 38 digits at most; more would be kept as text here, each some thousand times.
_NUMBER_CHARACTERS_MAX = 100
# A bill has some hundred products, each a JSON object of some hundred characters.
_PRODUCTS_KEPT = 1_000
_PRODUCT_CHARACTERS_KEPT = 10_000
Row = Mapping[str, str | None]
Measures = tuple[str, Decimal, Decimal]
"""Charge category, billed, effective."""


@dataclass(frozen=True)
class RawReader:
    columns: tuple[str, ...]
    plain_columns: tuple[str, ...]
    """All that is needed of a plain line but its amounts."""
    plain_amounts: tuple[tuple[str, ...], tuple[str, ...]]
    """Where a plain line's billed and effective amounts stand, the first filled one counting."""
    is_plain: str | None
    """A script's condition on lines whose amounts stand in `plain_amounts`, whatever `operation`.

    None where all do.
    """
    operation: str | None
    billing_period: str
    currency: str
    accounts: tuple[str, ...]
    service: Callable[[Row], str]
    measures: Callable[[Row], Iterable[Measures]]


def _number(row: Row, *names: str) -> Decimal:
    """The first of the columns that has a value, else 0."""
    return next((_decimal(text) for name in names if (text := row.get(name))), Decimal(0))


def _decimal(text: str) -> Decimal:
    if len(text) > _NUMBER_CHARACTERS_MAX:
        raise ValueError("no number is that long")
    return _short_decimal(text)


@lru_cache(maxsize=50_000)
def _short_decimal(text: str) -> Decimal:
    return EXACT.create_decimal(text.strip())


def _focus_measures(row: Row) -> Iterator[Measures]:
    yield row.get("ChargeCategory") or "", _number(row, "BilledCost"), _number(row, "EffectiveCost")


_PURCHASES = frozenset(
    ["Fee", "RIFee", "SavingsPlanRecurringFee", "SavingsPlanUpfrontFee", "FlatRateSubscription"]
)
_USAGES = frozenset(["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation"])
_FEE_REFUND = "Refund for one-time fee for Savings Plan ID"
_ZERO = Decimal(0)
_CHARGED = ("line_item_net_unblended_cost", "line_item_unblended_cost")
SPLIT_OPERATIONS = ("EKSPod-EC2", "ECSTask-EC2")
"""Of rows that restate a part of their instance and are never added to it."""


def _cur_category(row: Row) -> str:
    line_type = row.get("line_item_line_item_type") or ""
    if line_type in _USAGES or line_type.endswith("Discount"):
        return "Usage"
    if line_type in _PURCHASES:
        return "Purchase"
    if line_type == "Refund":
        arns = ("savings_plan_savings_plan_a_r_n", "reservation_reservation_a_r_n")
        return "Purchase" if any(row.get(name) for name in arns) else "Usage"
    return line_type if line_type in ("Tax", "Credit") else "Adjustment"


def _cur_measures(row: Row) -> Iterator[Measures]:
    category = _cur_category(row)
    if row.get("line_item_operation") in SPLIT_OPERATIONS:
        yield category, _ZERO, _ZERO
        return
    billed = _number(row, *_CHARGED)
    match row.get("line_item_line_item_type"):
        case "SavingsPlanCoveredUsage":
            net = "savings_plan_net_savings_plan_effective_cost"
            effective = _number(row, net, "savings_plan_savings_plan_effective_cost")
        case "DiscountedUsage":
            effective = _number(row, "reservation_net_effective_cost", "reservation_effective_cost")
        case "SavingsPlanRecurringFee":
            effective = _ZERO
            unused = EXACT.subtract(
                _number(row, "savings_plan_total_commitment_to_date"),
                _number(row, "savings_plan_used_commitment"),
            )
            yield "Usage", _ZERO, unused
        case "RIFee":
            effective = _ZERO
            yield "Usage", _ZERO, _unused_reservation(row)
        case "SavingsPlanNegation" | "SavingsPlanUpfrontFee":
            effective = _ZERO
        case _:
            effective = _ZERO if _is_prepaid(row) else billed
    yield category, billed, effective


def restated(row: Row) -> Decimal:
    """What a split cost row was billed of its own, which is left out."""
    is_split = row.get("line_item_operation") in SPLIT_OPERATIONS
    return _number(row, *_CHARGED) if is_split else _ZERO


def _unused_reservation(row: Row) -> Decimal:
    upfront = "unused_amortized_upfront_fee_for_billing_period"
    return EXACT.add(
        _number(row, f"reservation_net_{upfront}", f"reservation_{upfront}"),
        _number(row, "reservation_net_unused_recurring_fee", "reservation_unused_recurring_fee"),
    )


def _is_prepaid(row: Row) -> bool:
    """Upfront fees, and their refunds, that EffectiveCost spreads over the commitment's term."""
    match row.get("line_item_line_item_type"):
        case "Fee":
            return bool(row.get("reservation_reservation_a_r_n"))
        case "Refund":
            text = row.get("line_item_line_item_description") or ""
            product = row.get("line_item_product_code")
            return product == "ComputeSavingsPlans" and text.startswith(_FEE_REFUND)
        case _:
            return False


def _cur_service(row: Row) -> str:
    product = row.get("product")
    if product and product.startswith("{"):
        is_short = len(product) <= _PRODUCT_CHARACTERS_KEPT
        product = (_product_name if is_short else _product_name.__wrapped__)(product)
    return product or row.get("product_product_name") or row.get("line_item_product_code") or ""


@lru_cache(maxsize=_PRODUCTS_KEPT)
def _product_name(text: str) -> str | None:
    name = json.loads(text).get("product_name")
    return None if name is None else str(name)


_FOCUS_PLAIN = (
    "BillingPeriodStart",
    "BillingCurrency",
    "SubAccountId",
    "BillingAccountId",
    "ServiceName",
    "ChargeCategory",
)
FOCUS = RawReader(
    columns=(
        *_FOCUS_PLAIN,
        "BilledCost",
        "EffectiveCost",
    ),
    plain_columns=_FOCUS_PLAIN,
    plain_amounts=(("BilledCost",), ("EffectiveCost",)),
    is_plain=None,
    operation=None,
    billing_period="BillingPeriodStart",
    currency="BillingCurrency",
    accounts=("SubAccountId", "BillingAccountId"),
    service=lambda row: row.get("ServiceName") or "",
    measures=_focus_measures,
)

_CUR_PLAIN = (
    "bill_billing_period_start_date",
    "line_item_currency_code",
    "line_item_usage_account_id",
    "bill_payer_account_id",
    "product",
    "product_product_name",
    "line_item_product_code",
    "line_item_line_item_type",
)
CUR = RawReader(
    columns=(
        *_CUR_PLAIN,
        "line_item_operation",
        "line_item_line_item_description",
        "savings_plan_savings_plan_a_r_n",
        "reservation_reservation_a_r_n",
        "line_item_unblended_cost",
        "line_item_net_unblended_cost",
        "savings_plan_savings_plan_effective_cost",
        "savings_plan_net_savings_plan_effective_cost",
        "savings_plan_total_commitment_to_date",
        "savings_plan_used_commitment",
        "reservation_effective_cost",
        "reservation_net_effective_cost",
        "reservation_unused_amortized_upfront_fee_for_billing_period",
        "reservation_net_unused_amortized_upfront_fee_for_billing_period",
        "reservation_unused_recurring_fee",
        "reservation_net_unused_recurring_fee",
    ),
    plain_columns=_CUR_PLAIN,
    plain_amounts=(_CHARGED, _CHARGED),
    is_plain="is_plain_cur_line.sql",
    operation="line_item_operation",
    billing_period="bill_billing_period_start_date",
    currency="line_item_currency_code",
    accounts=("line_item_usage_account_id", "bill_payer_account_id"),
    service=_cur_service,
    measures=_cur_measures,
)
