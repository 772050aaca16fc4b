from enum import StrEnum


class InvoiceKind(StrEnum):
    """`supplementary` charges what a month has cost more since its standard invoice."""

    STANDARD = "standard"
    SUPPLEMENTARY = "supplementary"
