"""The values that a column may have by its format, where they decide over money.

FOCUS lists the allowed values of a column; AWS's line types have grown over time. They are compared
without case and spaces around. What is on no list is kept as it stands, and is a finding with its
money.
"""

from typing import Final

FOCUS_LISTS: Final = {
    "ChargeCategory": ("Usage", "Purchase", "Tax", "Credit", "Adjustment"),
    "ChargeClass": ("Correction",),
    "ChargeFrequency": ("One-Time", "Recurring", "Usage-Based"),
    "CommitmentDiscountCategory": ("Spend", "Usage"),
    "CommitmentDiscountStatus": ("Used", "Unused"),
    "PricingCategory": ("Standard", "Dynamic", "Committed", "Other"),
}
LINE_TYPES: Final = (
    *("Usage", "Tax", "Credit", "Refund", "Fee", "RIFee", "DiscountedUsage"),
    *("SavingsPlanUpfrontFee", "SavingsPlanRecurringFee", "SavingsPlanCoveredUsage"),
    *("SavingsPlanNegation", "BundledDiscount", "Discount", "EdpDiscount", "PrivateRateDiscount"),
    *("FlatRateSubscription", "RiVolumeDiscount", "SppDiscount", "DistributorDiscount"),
)
CLOSED_LISTS: Final = FOCUS_LISTS | {"line_item_line_item_type": LINE_TYPES}
