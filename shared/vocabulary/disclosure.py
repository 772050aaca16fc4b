"""How much of its invoices' making a contract lets the customer see."""

from enum import StrEnum


class Disclosure(StrEnum):
    """`closed`: prices; `open_book`: also cost and method. Never the margin."""

    CLOSED = "closed"
    OPEN_BOOK = "open_book"
