"""What changes a line's price beside its component's own rule, in the order in which it does."""

from enum import StrEnum


class PriceChange(StrEnum):
    """`credit`: what other lines gave back; `grant`: a credit of the contract that was drawn."""

    FLOOR = "floor"
    RATE = "rate"
    PERCENT_OFF = "percent_off"
    CREDIT = "credit"
    AMOUNT_OFF = "amount_off"
    CAP = "cap"
    GRANT = "grant"
