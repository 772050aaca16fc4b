"""FOCUS's closed lists that rules may name, as the specification writes their values."""

from typing import Final

CHARGE_CATEGORIES: Final = ("Adjustment", "Credit", "Purchase", "Tax", "Usage")
COMMITMENT_STATUSES: Final = ("Unused", "Used")
