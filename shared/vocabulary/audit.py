"""What is written down of who did what: the actions and outcomes of the audit log.

An entry may carry an action of a later release; who shows it then shows the action's code.
"""

from enum import StrEnum


class AuditAction(StrEnum):
    """`thing.done_to_it`. A request for what isn't audited itself is `route.asked`, if refused."""

    SIGNED_IN = "session.opened"
    SIGNED_OUT = "session.ended"
    LINK_MADE = "link.made"
    PERSON_CHANGED = "person.changed"
    RULESET_APPLIED = "ruleset.applied"
    PLANS_APPLIED = "plans.applied"
    CHANGE_PROPOSED = "change.proposed"
    CHANGE_CONFIRMED = "change.confirmed"
    CHANGE_REJECTED = "change.rejected"
    SOURCE_REGISTERED = "source.registered"
    SOURCE_CHANGED = "source.changed"
    SOURCE_PAUSED = "source.paused"
    SOURCE_RESUMED = "source.resumed"
    SOURCE_RETIRED = "source.retired"
    SOURCE_LOOKED_AT = "source.looked_at"
    DELIVERY_RETRIED = "delivery.retried"
    DELIVERY_ACCEPTED = "delivery.accepted"
    DELIVERY_WITHDRAWN = "delivery.withdrawn"
    FILE_GIVEN = "file.given"
    PERIOD_CLOSED = "period.closed"
    PERIOD_REATTRIBUTED = "period.reattributed"
    INVOICE_MOVED = "invoice.moved"
    CREDIT_NOTE_MOVED = "credit_note.moved"
    DEBIT_RELEASED = "debit.released"
    INVOICE_FIXED = "invoice.fixed"
    ACCOUNT_MOVED = "account.moved"
    CORRECTIONS_APPROVED = "corrections.approved"
    EXPORTED = "data.exported"
    DOCUMENT_READ = "document.read"
    AUDIT_READ = "audit.read"
    MESSAGE_REPLAYED = "message.replayed"
    JOB_RETRIED = "job.retried"
    ROUTE_ASKED = "route.asked"


class AuditOutcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"
