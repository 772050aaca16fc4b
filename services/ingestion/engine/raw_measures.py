"""What a raw line was billed and what it costs amortised, in Python's Decimal.

The second, independent reading of the rules in `cur.sql`; sources as there.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from services.ingestion.engine.layouts import AMOUNT_CHARACTERS_MAX, SPLIT_OPERATIONS
from shared.exact import EXACT
from shared.numbers import is_number

# Texts are kept here, some thousands of them.
_AMOUNT_LIMIT = 10**15
# What is less is nothing: a sum that had it would need more digits than EXACT has.
_LEAST_EXPONENT = -100
# A bill has some hundred products, each a JSON object of some hundred characters.
_PRODUCTS_KEPT = 1_000
_PRODUCT_CHARACTERS_KEPT = 10_000
Row = Mapping[str, str | None]
Purchase = tuple[str, str, str]
"""Of a commitment: its ARN, product code and usage type."""


@dataclass(frozen=True)
class Amounts:
    """What a line adds to a charge category; `effective` is None where it can't be read.

    `other`, billed and effective, counts instead where the whole delivery says so: for a discount's
    row where amounts are not net, for a refund where the delivery has the purchase it `returns`.
    """

    category: str
    billed: Decimal
    effective: Decimal | None
    other: tuple[Decimal, Decimal] | None = None
    returns: Purchase | None = None


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
    is_of_aws: Callable[[Row], bool]
    """Whether a line's accounts are AWS's, whose numbers have twelve digits."""
    service: Callable[[Row], str]
    measures: Callable[[Row], Iterable[Amounts]]
    purchase: Callable[[Row], Purchase | None]
    """The commitment that a line buys, if its cost is spread over the commitment's term."""


def _number(row: Row, *names: str) -> Decimal:
    """The first of the columns that has a value, else 0."""
    return next((_decimal(text) for name in names if (text := row.get(name))), Decimal(0))


def _decimal(text: str) -> Decimal:
    if len(text) > AMOUNT_CHARACTERS_MAX:
        raise ValueError("no number is that long")
    return _short_decimal(text)


@lru_cache(maxsize=50_000)
def _short_decimal(text: str) -> Decimal:
    if not is_number(text):
        raise ValueError("no number")
    number = Decimal(text.strip())  # in no context: an exponent may be below any
    if abs(number) > _AMOUNT_LIMIT:
        raise ValueError("no amount of a bill")
    return number if number.adjusted() > _LEAST_EXPONENT else Decimal(0)


def _amortised(row: Row, needed: Sequence[str], amount: Callable[[], Decimal]) -> Decimal | None:
    """None where none of the columns has a value, or one of them none that is a number."""
    try:
        texts = [text for name in needed if (text := row.get(name)) and _decimal(text) is not None]
        return amount() if texts else None
    except (ArithmeticError, ValueError):
        return None


_CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")


@lru_cache(maxsize=1_000)
def _spelling(text: str, values: tuple[str, ...]) -> str:
    """A value of a closed list as the list writes it."""
    folded = text.strip(" ").lower()
    return next((value for value in values if value.lower() == folded), text)


def _line_type(row: Row) -> str:
    return _spelling(row.get("line_item_line_item_type") or "", _LINE_TYPES)


def _focus_measures(row: Row) -> Iterator[Amounts]:
    effective = _amortised(row, ("EffectiveCost",), lambda: _number(row, "EffectiveCost"))
    category = _spelling(row.get("ChargeCategory") or "", _CATEGORIES)
    yield Amounts(category, _number(row, "BilledCost"), effective)


_PURCHASES = frozenset(
    ["Fee", "RIFee", "SavingsPlanRecurringFee", "SavingsPlanUpfrontFee", "FlatRateSubscription"]
)
_LINE_TYPES = (
    *("Usage", "Tax", "Credit", "Refund", "Fee", "RIFee", "DiscountedUsage", "EdpDiscount"),
    *("SavingsPlanUpfrontFee", "SavingsPlanRecurringFee", "SavingsPlanCoveredUsage", "Discount"),
    *("SavingsPlanNegation", "BundledDiscount", "PrivateRateDiscount", "FlatRateSubscription"),
    *("RiVolumeDiscount", "SppDiscount", "DistributorDiscount"),
)
_USAGES = frozenset(["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation"])
_ZERO = Decimal(0)
_CHARGED = ("line_item_net_unblended_cost", "line_item_unblended_cost")


def _cur_category(row: Row) -> str:
    line_type = _line_type(row)
    if line_type in _USAGES or line_type.endswith("Discount"):
        return "Usage"
    if line_type in _PURCHASES:
        return "Purchase"
    if line_type == "Refund":
        arns = ("savings_plan_savings_plan_a_r_n", "reservation_reservation_a_r_n")
        return "Purchase" if any(row.get(name) for name in arns) else "Usage"
    return line_type if line_type in ("Tax", "Credit") else "Adjustment"


def _cur_measures(row: Row) -> Iterator[Amounts]:
    category = _cur_category(row)
    if row.get("line_item_operation") in SPLIT_OPERATIONS:
        yield Amounts(category, _ZERO, _ZERO)
        return
    line_type = _line_type(row)
    if line_type.endswith("Discount"):
        net = _number(row, "line_item_net_unblended_cost")
        gross = _number(row, "line_item_unblended_cost")
        yield Amounts(category, net, net, other=(gross, gross))
        return
    billed = _number(row, *_CHARGED)
    effective: Decimal | None = _ZERO
    match line_type:
        case "SavingsPlanCoveredUsage":
            net_cost = "savings_plan_net_savings_plan_effective_cost"
            names = (net_cost, "savings_plan_savings_plan_effective_cost")
            effective = _amortised(row, names, lambda: _number(row, *names))
        case "DiscountedUsage":
            names = ("reservation_net_effective_cost", "reservation_effective_cost")
            effective = _amortised(row, names, lambda: _number(row, *names))
        case "SavingsPlanRecurringFee":
            yield Amounts("Usage", _ZERO, _unused_savings_plan(row))
        case "RIFee":
            yield Amounts("Usage", _ZERO, _unused_reservation(row))
        case "SavingsPlanNegation" | "SavingsPlanUpfrontFee":
            pass
        case "Refund":
            effective = _ZERO if _returns_a_plan(row) else billed
            returns = _purchase_of(row)
            if returns is not None:
                yield Amounts(category, billed, effective, (billed, _ZERO), returns)
                return
        case _:
            effective = _ZERO if _cur_purchase(row) else billed
    yield Amounts(category, billed, effective)


def _purchase_of(row: Row) -> Purchase | None:
    arns = ("savings_plan_savings_plan_a_r_n", "reservation_reservation_a_r_n")
    arn = next((text for name in arns if (text := row.get(name))), None)
    if arn is None:
        return None
    return arn, row.get("line_item_product_code") or "", row.get("line_item_usage_type") or ""


def _cur_purchase(row: Row) -> Purchase | None:
    line_type = _line_type(row)
    if line_type == "SavingsPlanUpfrontFee":
        return _purchase_of(row)
    is_reserved = line_type == "Fee" and row.get("reservation_reservation_a_r_n")
    return _purchase_of(row) if is_reserved else None


def _returns_a_plan(row: Row) -> bool:
    """A refund that is booked on a Savings Plan itself, of what was paid for it upfront."""
    is_plan = (row.get("line_item_product_code") or "").endswith("SavingsPlans")
    return is_plan and "NoUpfront" not in (row.get("line_item_usage_type") or "")


def restated(row: Row) -> Decimal:
    """What a split cost row was billed of its own, which is left out."""
    is_split = row.get("line_item_operation") in SPLIT_OPERATIONS
    return _number(row, *_CHARGED) if is_split else _ZERO


def _unused_savings_plan(row: Row) -> Decimal | None:
    total, used = "savings_plan_total_commitment_to_date", "savings_plan_used_commitment"
    if not row.get(total):
        return None
    return _amortised(
        row, (total, used), lambda: EXACT.subtract(_number(row, total), _number(row, used))
    )


def _unused_reservation(row: Row) -> Decimal | None:
    upfront = "unused_amortized_upfront_fee_for_billing_period"
    upfronts = (f"reservation_net_{upfront}", f"reservation_{upfront}")
    recurring = ("reservation_net_unused_recurring_fee", "reservation_unused_recurring_fee")
    return _amortised(
        row,
        (*upfronts, *recurring),
        lambda: EXACT.add(_number(row, *upfronts), _number(row, *recurring)),
    )


def _cur_service(row: Row) -> str:
    product = row.get("product")
    if product and product.startswith("{"):
        is_short = len(product) <= _PRODUCT_CHARACTERS_KEPT
        product = (_product_name if is_short else _product_name.__wrapped__)(product)
    return product or row.get("product_product_name") or row.get("line_item_product_code") or ""


@lru_cache(maxsize=_PRODUCTS_KEPT)
def _product_name(text: str) -> str | None:
    """None also of what is no JSON, or has a key twice: the line has its product's code then."""
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return None
    names = dict(pairs) if isinstance(pairs, list) else {}
    name = names.get("product_name") if len(names) == len(pairs) else None
    return None if name is None or isinstance(name, list) else str(name)


_PROVIDERS = ("ProviderName", "ServiceProviderName", "InvoiceIssuerName")


def _is_of_aws(row: Row) -> bool:
    names = " ".join(row.get(name) or "" for name in _PROVIDERS)
    return re.search(r"\b(aws|amazon)\b", names, re.IGNORECASE | re.ASCII) is not None


_FOCUS_PLAIN = (
    "BillingPeriodStart",
    "BillingCurrency",
    "SubAccountId",
    "BillingAccountId",
    "ServiceName",
    "ChargeCategory",
    *_PROVIDERS,
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
    is_of_aws=_is_of_aws,
    service=lambda row: row.get("ServiceName") or "",
    measures=_focus_measures,
    purchase=lambda _: None,
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
        "line_item_usage_type",
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
    is_of_aws=lambda _: True,
    service=_cur_service,
    measures=_cur_measures,
    purchase=_cur_purchase,
)
