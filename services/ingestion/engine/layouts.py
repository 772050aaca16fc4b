"""What kind of bill a file is, by its columns, and which columns of it are read, as what.

The kinds and what tells them apart: docs/reference/aws-bills.md. A column that is not listed is not
read; a missing one is null, unless it is required. A legacy CUR is read under CUR 2.0's names
(`legacy`). An unreadable value refuses the bill in a needed column alone; the table of these is in
docs/reference/bad-input.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

Type = Literal["text", "money", "quantity", "time", "json"]


class Kind(StrEnum):
    CUR_LEGACY = "legacy CUR"
    CUR_LEGACY_PARQUET = "legacy CUR (Parquet)"
    """Athena's layout: names of columns, and so tag keys, have lost their case and signs."""
    CUR_2 = "CUR 2.0"
    FOCUS_1_0 = "FOCUS 1.0"
    FOCUS_1_2 = "FOCUS 1.2"
    FOCUS_1_3 = "FOCUS 1.3"
    FOCUS_1_4 = "FOCUS 1.4"

    @property
    def is_focus(self) -> bool:
        return self.startswith("FOCUS")

    @property
    def is_legacy(self) -> bool:
        return self in (Kind.CUR_LEGACY, Kind.CUR_LEGACY_PARQUET)


@dataclass(frozen=True)
class Layout:
    columns: dict[str, Type]
    required: tuple[str, ...]
    """Columns that must be there."""
    filled: tuple[str, ...]
    """Columns that must have a value in every row."""
    accounts: tuple[str, ...]
    """Identifiers of AWS accounts, the line's own first."""
    decisive: tuple[str, ...]
    """What else decides whose a line is, or what it costs: tags, and what amounts are made of."""
    billing_period: str
    charge_start: str
    currency: str
    kept_as: Mapping[str, str]
    """The snapshot's column that an optional column goes to, where that has another name."""

    @property
    def needed(self) -> frozenset[str]:
        """Columns of which no value may be unreadable: a line is of nobody and no time without."""
        return frozenset((*self.required, *self.filled, *self.accounts, *self.decisive))


def _columns(**types: str) -> dict[str, Type]:
    kinds: dict[str, Type] = {
        "text": "text",
        "money": "money",
        "quantity": "quantity",
        "time": "time",
        "json": "json",
    }
    return {name: kinds[kind] for kind, names in types.items() for name in names.split()}


FOCUS = Layout(
    columns=_columns(
        money="BilledCost EffectiveCost ListCost ContractedCost",
        quantity="CommitmentDiscountQuantity ConsumedQuantity ContractedUnitPrice ListUnitPrice"
        " PricingCurrencyContractedUnitPrice PricingCurrencyEffectiveCost"
        " PricingCurrencyListUnitPrice PricingQuantity",
        time="BillingPeriodEnd BillingPeriodStart ChargePeriodEnd ChargePeriodStart",
        json="AllocatedTags Tags x_CostCategories",
        text="AllocatedMethodDetails AllocatedMethodId AllocatedResourceId AllocatedResourceName"
        " AvailabilityZone BillingAccountId BillingAccountName BillingAccountType"
        " BillingCurrency CapacityReservationId CapacityReservationStatus ChargeCategory"
        " ChargeClass ChargeDescription ChargeFrequency CommitmentDiscountCategory"
        " CommitmentDiscountId CommitmentDiscountName CommitmentDiscountStatus"
        " CommitmentDiscountType CommitmentDiscountUnit ConsumedUnit ContractApplied"
        " HostProviderName InvoiceDetailId InvoiceId InvoiceIssuerName"
        " PricingCategory PricingCurrency PricingUnit ProviderName PublisherName RegionId"
        " RegionName ResourceId ResourceName ResourceType ServiceCategory ServiceName"
        " ServiceProviderName ServiceSubcategory SkuId SkuMeter SkuPriceDetails SkuPriceId"
        " SubAccountId SubAccountName SubAccountType"
        " x_Operation x_ServiceCode x_UsageType x_Discounts",
    ),
    required=(
        "BilledCost",
        "BillingCurrency",
        "BillingPeriodStart",
        "ChargeCategory",
        "ChargePeriodStart",
        "ServiceName",
    ),
    filled=(
        "BilledCost",
        "BillingCurrency",
        "BillingPeriodStart",
        "ChargeCategory",
        "ChargePeriodStart",
    ),
    accounts=("SubAccountId", "BillingAccountId"),
    decisive=("AllocatedTags", "Tags", "x_CostCategories"),
    billing_period="BillingPeriodStart",
    charge_start="ChargePeriodStart",
    currency="BillingCurrency",
    kept_as={},
)

AMORTISED: Final = {
    "SavingsPlanCoveredUsage": (
        "savings_plan_savings_plan_effective_cost",
        "savings_plan_net_savings_plan_effective_cost",
    ),
    "SavingsPlanRecurringFee": (
        "savings_plan_total_commitment_to_date",
        "savings_plan_used_commitment",
    ),
    "DiscountedUsage": ("reservation_effective_cost", "reservation_net_effective_cost"),
    "RIFee": (
        "reservation_unused_recurring_fee",
        "reservation_net_unused_recurring_fee",
        "reservation_unused_amortized_upfront_fee_for_billing_period",
        "reservation_net_unused_amortized_upfront_fee_for_billing_period",
    ),
}
"""By line type, the columns that its EffectiveCost is made of (AWS, amortised cost)."""
AMOUNT_CHARACTERS_MAX: Final = 100
"""Of an amount's text: 38 digits is the most that one has."""
_AMORTISED: Final = tuple(name for names in AMORTISED.values() for name in names)
SPLIT_OPERATIONS: Final = ("EKSPod-EC2", "ECSTask-EC2")
"""Of rows that restate a part of their instance and are never added to it."""
_MEASURED: Final = ("Usage", "DiscountedUsage", "SavingsPlanCoveredUsage")
_OF_SPLIT_ROWS: Final = (
    *("split_line_item_split_usage", "split_line_item_split_usage_ratio"),
    *("split_line_item_split_cost", "split_line_item_net_split_cost"),
    *("split_line_item_unused_cost", "split_line_item_net_unused_cost"),
    *("split_line_item_reserved_usage", "split_line_item_actual_usage"),
)
COUNTS_ON: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    **{
        name: ("line_item_line_item_type", (line_type,))
        for line_type, names in AMORTISED.items()
        for name in names
    },
    **dict.fromkeys(_OF_SPLIT_ROWS, ("line_item_operation", SPLIT_OPERATIONS)),
    "line_item_usage_amount": ("line_item_line_item_type", _MEASURED),
}
"""Columns of a CUR that count on some lines alone: on those with these values of this column.

Data frames write `None` or `nan` into them on all the others, which need nothing of it.
"""

CUR = Layout(
    columns=_columns(
        money="line_item_unblended_cost line_item_net_unblended_cost "
        + " ".join(_AMORTISED)
        + " pricing_public_on_demand_cost split_line_item_split_cost split_line_item_unused_cost"
        " split_line_item_net_split_cost split_line_item_net_unused_cost",
        quantity="line_item_usage_amount pricing_public_on_demand_rate"
        " reservation_total_reserved_units split_line_item_split_usage"
        " split_line_item_split_usage_ratio split_line_item_reserved_usage"
        " split_line_item_actual_usage",
        time="bill_billing_period_start_date bill_billing_period_end_date"
        " line_item_usage_start_date line_item_usage_end_date",
        json="resource_tags cost_category tags flat_tags product discount",
        text="bill_bill_type bill_invoice_id bill_invoicing_entity bill_payer_account_id"
        " bill_payer_account_name capacity_reservation_capacity_reservation_arn"
        " capacity_reservation_capacity_reservation_status line_item_availability_zone"
        " line_item_currency_code line_item_legal_entity line_item_line_item_description"
        " line_item_line_item_type line_item_operation line_item_product_code"
        " line_item_resource_id line_item_usage_account_id line_item_usage_account_name"
        " line_item_usage_type pricing_currency pricing_rate_code pricing_rate_id pricing_unit"
        " product_location product_product_name product_region_code product_servicecode"
        " product_sku"
        " reservation_reservation_a_r_n savings_plan_savings_plan_a_r_n"
        " split_line_item_parent_resource_id"
        " bill_billing_entity line_item_iam_principal line_item_user_identifier",
    ),
    required=(
        "bill_billing_period_start_date",
        "bill_payer_account_id",
        "line_item_currency_code",
        "line_item_line_item_type",
        "line_item_product_code",
        "line_item_unblended_cost",
        "line_item_usage_start_date",
    ),
    filled=(
        "bill_billing_period_start_date",
        "line_item_currency_code",
        "line_item_line_item_type",
        "line_item_unblended_cost",
        "line_item_usage_start_date",
    ),
    accounts=("line_item_usage_account_id", "bill_payer_account_id"),
    decisive=(
        *("resource_tags", "cost_category", "tags", "flat_tags"),
        *("line_item_net_unblended_cost", "line_item_operation", "line_item_usage_type"),
        *("savings_plan_savings_plan_a_r_n", "reservation_reservation_a_r_n"),
    ),
    billing_period="bill_billing_period_start_date",
    charge_start="line_item_usage_start_date",
    currency="line_item_currency_code",
    kept_as={
        "bill_billing_period_end_date": "BillingPeriodEnd",
        "line_item_usage_end_date": "ChargePeriodEnd",
        "line_item_usage_amount": "ConsumedQuantity",
        "pricing_public_on_demand_cost": "ListCost",
        "pricing_public_on_demand_rate": "ListUnitPrice",
        "product": "ServiceName",
        "product_product_name": "ServiceName",
        "product_region_code": "RegionId",
        "product_servicecode": "x_ServiceCode",
        "line_item_resource_id": "ResourceId",
        "discount": "x_Discounts",
        "split_line_item_split_usage": "x_SplitUsage",
        "split_line_item_split_usage_ratio": "x_SplitUsageRatio",
        "split_line_item_split_cost": "x_SplitCost",
        "split_line_item_net_split_cost": "x_SplitCost",
        "split_line_item_unused_cost": "x_UnusedCost",
        "split_line_item_net_unused_cost": "x_UnusedCost",
        "split_line_item_reserved_usage": "x_ReservedUsage",
        "split_line_item_actual_usage": "x_ActualUsage",
    }
    | dict.fromkeys(_AMORTISED, "EffectiveCost"),
)

_ONLY_CUR_2 = {"bill_payer_account_name", "resource_tags", "cost_category", "product", "discount"}
_ONLY_FOCUS_1_2 = {
    "BillingAccountType",
    "CapacityReservationId",
    "CapacityReservationStatus",
    "CommitmentDiscountQuantity",
    "InvoiceId",
    "PricingCurrency",
    "ServiceSubcategory",
    "SkuMeter",
    "SkuPriceDetails",
    "SubAccountType",
}


_ONLY_FOCUS: Final = {
    Kind.FOCUS_1_4: {"CommitmentProgramEligibilityDetails", "InvoiceDetailId"},
    Kind.FOCUS_1_3: {
        "AllocatedMethodDetails",
        "AllocatedMethodId",
        "AllocatedResourceId",
        "AllocatedResourceName",
        "AllocatedTags",
        "ContractApplied",
        "HostProviderName",
        "ServiceProviderName",
    },
    Kind.FOCUS_1_2: _ONLY_FOCUS_1_2,
}
"""By version, newest first, columns that the one before has not."""


def layout_of(kind: Kind) -> Layout:
    return FOCUS if kind.is_focus else CUR


def is_known(names: Collection[str]) -> bool:
    """Whether columns of these names are those of a bill."""
    return _kind_of(set(names)) is not None


def detect_kind(names: Collection[str]) -> Kind:
    """Of columns that are those of a bill."""
    kind = _kind_of(set(names))
    if kind is None:
        raise ValueError("no bill has these columns")
    return kind


def _kind_of(names: set[str]) -> Kind | None:
    if {"BilledCost", "EffectiveCost"} & names:
        return next((kind for kind, only in _ONLY_FOCUS.items() if names & only), Kind.FOCUS_1_0)
    if "line_item_line_item_type" in names or "line_item_unblended_cost" in names:
        return Kind.CUR_LEGACY_PARQUET if _is_legacy_parquet(names) else Kind.CUR_2
    if any(name.startswith("lineItem/") for name in names):
        return Kind.CUR_LEGACY
    return None


def _is_legacy_parquet(names: set[str]) -> bool:
    flat = any(name.startswith(("resource_tags_", "product_product_name")) for name in names)
    return not names & _ONLY_CUR_2 and (flat or "identity_time_interval" in names)
