"""How the codes of the audit log are written for people."""

from collections.abc import Mapping
from typing import Final

from shared.vocabulary.audit import AuditAction, AuditOutcome

ACTIONS: Final[Mapping[str, str]] = {
    AuditAction.SIGNED_IN: "Sign-in",
    AuditAction.SIGNED_OUT: "Sign-out",
    AuditAction.LINK_MADE: "Sign-in link made",
    AuditAction.PERSON_CHANGED: "Person or role changed",
    AuditAction.RULESET_APPLIED: "Ruleset applied",
    AuditAction.PLANS_APPLIED: "Plans and contracts applied",
    AuditAction.CHANGE_PROPOSED: "Change proposed",
    AuditAction.CHANGE_CONFIRMED: "Change confirmed",
    AuditAction.CHANGE_REJECTED: "Change rejected or withdrawn",
    AuditAction.SOURCE_REGISTERED: "Source registered",
    AuditAction.SOURCE_CHANGED: "Source's address changed",
    AuditAction.SOURCE_PAUSED: "Source paused",
    AuditAction.SOURCE_RESUMED: "Source resumed",
    AuditAction.SOURCE_RETIRED: "Source retired",
    AuditAction.SOURCE_LOOKED_AT: "Source looked at again",
    AuditAction.DELIVERY_RETRIED: "Delivery tried again",
    AuditAction.DELIVERY_ACCEPTED: "Delivery accepted",
    AuditAction.DELIVERY_WITHDRAWN: "Delivery withdrawn",
    AuditAction.FILE_GIVEN: "File given by hand",
    AuditAction.PERIOD_CLOSED: "Period closed",
    AuditAction.PERIOD_REATTRIBUTED: "Closed period by the current rules",
    AuditAction.INVOICE_MOVED: "Action on an invoice",
    AuditAction.CREDIT_NOTE_MOVED: "Action on a credit note",
    AuditAction.DEBIT_RELEASED: "Held debit let go on",
    AuditAction.INVOICE_FIXED: "Invoice fixed",
    AuditAction.ACCOUNT_MOVED: "Decision on an account",
    AuditAction.CORRECTIONS_APPROVED: "Corrections approved",
    AuditAction.EXPORTED: "Export",
    AuditAction.DOCUMENT_READ: "Document read",
    AuditAction.AUDIT_READ: "Audit log read",
    AuditAction.MESSAGE_REPLAYED: "Message sent again",
    AuditAction.JOB_RETRIED: "Job tried again",
    AuditAction.ROUTE_ASKED: "Request",
}
OUTCOMES: Final[Mapping[str, str]] = {
    AuditOutcome.DONE: "Done",
    AuditOutcome.REFUSED: "Refused",
}


def action_label(action: str) -> str:
    """An action of a later release is shown by its code."""
    return ACTIONS.get(action, action)
