"""What kind of bill a file is, by its columns, and which columns of it are read, as what.

The kinds and what tells them apart: docs/reference/aws-bills.md. A column that is not listed is not
read; a missing one is null, unless it is required. A legacy CUR is read under CUR 2.0's names
(`legacy`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from shared.faults import BadInput

Type = Literal["text", "money", "quantity", "time", "json"]


class Kind(StrEnum):
    CUR_LEGACY = "legacy CUR"
    CUR_LEGACY_PARQUET = "legacy CUR (Parquet)"
    """Athena's layout: names of columns, and so tag keys, have lost their case and signs."""
    CUR_2 = "CUR 2.0"
    FOCUS_1_0 = "FOCUS 1.0"
    FOCUS_1_2 = "FOCUS 1.2"

    @property
    def is_focus(self) -> bool:
        return self in (Kind.FOCUS_1_0, Kind.FOCUS_1_2)

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
    billing_period: str
    charge_start: str
    currency: str


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
        json="Tags",
        text="AvailabilityZone BillingAccountId BillingAccountName BillingAccountType"
        " BillingCurrency CapacityReservationId CapacityReservationStatus ChargeCategory"
        " ChargeClass ChargeDescription ChargeFrequency CommitmentDiscountCategory"
        " CommitmentDiscountId CommitmentDiscountName CommitmentDiscountStatus"
        " CommitmentDiscountType CommitmentDiscountUnit ConsumedUnit InvoiceId InvoiceIssuerName"
        " PricingCategory PricingCurrency PricingUnit ProviderName PublisherName RegionId"
        " RegionName ResourceId ResourceName ResourceType ServiceCategory ServiceName"
        " ServiceSubcategory SkuId SkuMeter SkuPriceDetails SkuPriceId SubAccountId"
        " SubAccountName SubAccountType x_Operation x_ServiceCode x_UsageType x_Discounts",
    ),
    required=(
        "BilledCost",
        "EffectiveCost",
        "BillingCurrency",
        "BillingPeriodStart",
        "ChargeCategory",
        "ChargePeriodStart",
        "ServiceName",
    ),
    filled=(
        "BilledCost",
        "EffectiveCost",
        "BillingCurrency",
        "BillingPeriodStart",
        "ChargeCategory",
        "ChargePeriodStart",
    ),
    billing_period="BillingPeriodStart",
    charge_start="ChargePeriodStart",
    currency="BillingCurrency",
)

CUR = Layout(
    columns=_columns(
        money="line_item_unblended_cost line_item_net_unblended_cost"
        " savings_plan_savings_plan_effective_cost savings_plan_net_savings_plan_effective_cost"
        " savings_plan_total_commitment_to_date savings_plan_used_commitment"
        " reservation_effective_cost reservation_net_effective_cost"
        " reservation_unused_amortized_upfront_fee_for_billing_period"
        " reservation_net_unused_amortized_upfront_fee_for_billing_period"
        " reservation_unused_recurring_fee reservation_net_unused_recurring_fee"
        " pricing_public_on_demand_cost split_line_item_split_cost split_line_item_unused_cost"
        " split_line_item_net_split_cost split_line_item_net_unused_cost",
        quantity="line_item_usage_amount pricing_public_on_demand_rate"
        " reservation_total_reserved_units split_line_item_split_usage"
        " split_line_item_split_usage_ratio split_line_item_reserved_usage"
        " split_line_item_actual_usage",
        time="bill_billing_period_start_date bill_billing_period_end_date"
        " line_item_usage_start_date line_item_usage_end_date",
        json="resource_tags cost_category tags product discount",
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
    billing_period="bill_billing_period_start_date",
    charge_start="line_item_usage_start_date",
    currency="line_item_currency_code",
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


def layout_of(kind: Kind) -> Layout:
    return FOCUS if kind.is_focus else CUR


def detect_kind(columns: Collection[str], *, file: str) -> Kind:
    names = set(columns)
    if {"BilledCost", "EffectiveCost"} & names:
        return Kind.FOCUS_1_2 if names & _ONLY_FOCUS_1_2 else Kind.FOCUS_1_0
    if "line_item_line_item_type" in names or "line_item_unblended_cost" in names:
        return Kind.CUR_LEGACY_PARQUET if _is_legacy_parquet(names) else Kind.CUR_2
    if any(name.startswith(("lineItem/", "identity/", "bill/")) for name in names):
        return Kind.CUR_LEGACY
    raise BadInput(
        "not a bill: it has neither the columns of a CUR nor those of FOCUS.",
        file=file,
        remedy="Give a CUR or FOCUS 1.0/1.2 export; check that the path is the export's own.",
    )


def _is_legacy_parquet(names: set[str]) -> bool:
    flat = any(name.startswith(("resource_tags_", "product_product_name")) for name in names)
    return not names & _ONLY_CUR_2 and (flat or "identity_time_interval" in names)
