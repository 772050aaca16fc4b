"""Why an invoice was moved or is held, and why an action on it is refused: the codes of its facts.

A fact may carry a code of a later release; who shows it then shows the code's name.
"""

from enum import StrEnum


class CauseCode(StrEnum):
    NEGATIVE_TOTAL = "negative_total"
    BELOW_ZERO = "below_zero"
    BELOW_SMALLEST_CHARGE = "below_smallest_charge"
    TOO_MANY_LINES = "too_many_lines"
    PART_OF_MONTH = "part_of_month"
    UNALLOCATED_SHARE = "unallocated_share"
    ABOVE_MEDIAN = "above_median"
    RESTATED = "restated"
    REFUSED_BY_STRIPE = "refused_by_stripe"
    UNEQUAL_AT_STRIPE = "unequal_at_stripe"
    PERIOD_CLOSED = "period_closed"
    DRAFTED_ANEW = "drafted_anew"
    CLOSED_AGAIN = "closed_again"
    APPROVED_ON_OLDER_CLOSE = "approved_on_older_close"
    NOT_INVOICED_BEFORE = "not_invoiced_before"
    BILL_RESTATED = "bill_restated"
    FINALISED = "finalised"
    FINALISED_NOT_SENT = "finalised_not_sent"
    STRIPE_STATUS = "stripe_status"
    PERSON = "person"
    LARGE_CORRECTION = "large_correction"
    ORIGINAL_UNCOLLECTIBLE = "original_uncollectible"
    TENANT_GONE = "tenant_gone"
    OWN_DOING = "own_doing"
    BRAKE = "brake"
    RESTATED_CLOSE = "restated_close"
    SMALL_CORRECTION = "small_correction"
    CORRECTION_TO_REVIEW = "correction_to_review"
    CORRECTED_ANEW = "corrected_anew"
    PAYMENT_UNDER_WAY = "payment_under_way"
    NOT_CREDITABLE = "not_creditable"
    CORRECTION_APPROVED = "correction_approved"
    ORIGINAL_DISPUTED = "original_disputed"
    UNASSIGNED_CREDIT = "unassigned_credit"
    MADE_AT_STRIPE = "made_at_stripe"
    REFUND_FAILED = "refund_failed"
    REISSUED = "reissued"
    NO_ROOM = "no_room"
    DISPUTE_LOST = "dispute_lost"


class RefusalCode(StrEnum):
    STATE = "state"
    ROLE = "role"
    SECOND_PERSON = "second_person"
    REASON = "reason"
    NO_STRIPE_KEY = "no_stripe_key"
    UNKNOWN_ACTION = "unknown_action"
