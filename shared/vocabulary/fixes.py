"""What can be wrong with an invoice, and the routes of putting it right."""

from enum import StrEnum


class Wrong(StrEnum):
    CHARGED_TOO_MUCH = "charged_too_much"
    PROMISED_LESS = "promised_less"
    NEVER_PAID = "never_paid"
    STOPPED = "stopped"


class FixRoute(StrEnum):
    """The first three are credit notes; the others are decisions on the account of its month."""

    GOODWILL = "goodwill"
    DISCOUNT = "discount"
    WRITE_OFF = "write_off"
    REISSUE = "reissue"
    LET_GO = "let_go"
    RESUME = "resume"
