"""What can be wrong with an invoice, and the routes of putting it right."""

from enum import StrEnum


class Wrong(StrEnum):
    CHARGED_TOO_MUCH = "charged_too_much"
    PROMISED_LESS = "promised_less"
    NEVER_PAID = "never_paid"
    NOT_TO_BE_SENT = "not_to_be_sent"
    STOPPED = "stopped"


class FixRoute(StrEnum):
    """The first three are credit notes, `void` is done at Stripe, where nobody has paid any of it.

    The others are decisions on the account of its month, also of one that was voided.
    """

    GOODWILL = "goodwill"
    DISCOUNT = "discount"
    WRITE_OFF = "write_off"
    VOID = "void"
    REISSUE = "reissue"
    LET_GO = "let_go"
    RESUME = "resume"
