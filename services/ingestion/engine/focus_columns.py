"""The columns of a snapshot: FOCUS 1.2 and what 1.3 and 1.4 add, then ours with `x_`.

Money is DECIMAL(18,10), or DECIMAL(38,10) in all of a snapshot with larger amounts. Quantities and
prices are DECIMAL(38,15), times are UTC without a zone.
"""

from typing import Final

_MONEY: Final = "DECIMAL(18,10)"
_QUANTITY: Final = "DECIMAL(38,15)"
_TAGS: Final = "MAP(VARCHAR, VARCHAR)"

_TYPES: Final = {
    _MONEY: "BilledCost ContractedCost EffectiveCost ListCost x_SplitCost x_UnusedCost",
    _QUANTITY: "CommitmentDiscountQuantity ConsumedQuantity ContractedUnitPrice ListUnitPrice"
    " PricingCurrencyContractedUnitPrice PricingCurrencyEffectiveCost"
    " PricingCurrencyListUnitPrice PricingQuantity x_SplitUsage x_SplitUsageRatio"
    " x_ReservedUsage x_ActualUsage",
    "TIMESTAMP": "BillingPeriodEnd BillingPeriodStart ChargePeriodEnd ChargePeriodStart",
    _TAGS: "Tags",
}

FOCUS_COLUMNS: Final = (
    "AllocatedMethodDetails",
    "AllocatedMethodId",
    "AllocatedResourceId",
    "AllocatedResourceName",
    "AvailabilityZone",
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "CapacityReservationId",
    "CapacityReservationStatus",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "CommitmentDiscountUnit",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractApplied",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "HostProviderName",
    "InvoiceDetailId",
    "InvoiceId",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingCurrency",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "ServiceProviderName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceDetails",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
    "Tags",
)

OWN_COLUMNS: Final = (
    "x_LineId",
    "x_Source",
    "x_SourceFormat",
    "x_Account",
    "x_UsageType",
    "x_Operation",
    "x_ServiceCode",
    "x_Discounts",
    "x_LineItemType",
    "x_BillType",
    "x_BillingEntity",
    "x_IamPrincipal",
    "x_UserIdentifier",
    "x_SplitParentResourceId",
    "x_SplitUsage",
    "x_SplitUsageRatio",
    "x_SplitCost",
    "x_UnusedCost",
    "x_ReservedUsage",
    "x_ActualUsage",
)

COLUMNS: Final = FOCUS_COLUMNS + OWN_COLUMNS

_TYPE_OF: Final = {name: type_ for type_, names in _TYPES.items() for name in names.split()}


def type_of(column: str, *, money: str = _MONEY) -> str:
    """`money` is DECIMAL(38,10) where a line of the snapshot has 100 million or more."""
    type_ = _TYPE_OF.get(column, "VARCHAR")
    return money if type_ == _MONEY else type_
