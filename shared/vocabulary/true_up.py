"""How the difference of a restated month is charged or given back, as a contract says it."""

from enum import StrEnum


class Up(StrEnum):
    """Where what a customer owes more goes; `never`: to nobody."""

    NEXT_INVOICE = "next_invoice"
    SUPPLEMENTARY = "supplementary"
    NEVER = "never"


class DownPaid(StrEnum):
    """Where a credit goes that exceeds what is still to pay."""

    BALANCE = "balance"
    REFUND = "refund"
    OUT_OF_BAND = "out_of_band"


class GrantKind(StrEnum):
    """What was `bought` was taxed then; what is `promotional` is a discount."""

    BOUGHT = "bought"
    PROMOTIONAL = "promotional"


class TaxCategory(StrEnum):
    """The categories of EN 16931 (UNTDID 5305), by their words; `standard` alone has a rate."""

    STANDARD = "standard"
    ZERO = "zero"
    EXEMPT = "exempt"
    REVERSE_CHARGE = "reverse_charge"
    INTRA_COMMUNITY = "intra_community"
    EXPORT = "export"
    OUTSIDE_SCOPE = "outside_scope"
