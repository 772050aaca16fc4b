"""One invoice with all that staff may see, and what this person may do with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from services.portal.domain.figures import change, money
from services.portal.domain.invoice_actions import FINISHED, shown_actions
from services.portal.domain.invoice_document import Document, decimal, head, staff_lines
from services.portal.models import StaffInvoice, User
from shared.auth.actors import Actor
from shared.periods import Month

_STEPS: Final[Mapping[tuple[str, str], str]] = {
    ("in_review", "draft"): "Returned to draft",
    ("approved", "draft"): "Returned to draft",
    ("parked", "draft"): "Released to draft",
}
_REACHED: Final[Mapping[str, str]] = {
    "draft": "Drafted",
    "in_review": "Sent to review",
    "approved": "Approved",
    "issuing": "Sent to Stripe",
    "issued": "Issued",
    "paid": "Paid",
    "overdue": "Overdue",
    "uncollectible": "Written off",
    "void": "Voided",
    "parked": "Parked",
}
_SYSTEMS: Final = {"stripe": "Stripe"}


def read_staff_invoice(invoice_id: str, actor: Actor) -> dict[str, Any] | None:
    record = StaffInvoice.objects.filter(invoice_id=invoice_id).first()
    if record is None:
        return None
    document = record.document
    actions = shown_actions(document["actions"], state=record.state, actor=actor)
    previous = decimal(document["previous_total"])
    return {
        "invoice": head(document)
        | {
            "stripe_status": document["stripe_status"],
            "stripe_url": document["hosted_invoice_url"],
            "lines": staff_lines(document, _earlier(record)),
            "previous_total": money(previous, record.currency),
            "change": change(record.total, previous),
            "disclosure": document["disclosure"],
            "version": record.version,
            "parked": _parked(document),
            "restated_by": money(decimal(document.get("restated_by")) or None, record.currency),
            "actions": [action for action in actions if action.allowed],
            "refused_actions": [action for action in actions if not action.allowed],
            "is_finished": record.state in FINISHED,
            "timeline": _timeline(document),
        },
        "neighbours": _neighbours(record),
    }


def _earlier(record: StaffInvoice) -> Document | None:
    """The same customer's invoice of the month before, in the same currency."""
    before = StaffInvoice.objects.filter(
        customer=record.customer,
        period=str(Month.parse(record.period).previous),
        currency=record.currency,
    ).exclude(state="void")
    found: Document | None = before.values_list("document", flat=True).first()
    return found


def _parked(document: Document) -> list[dict[str, str]]:
    reasons = document["parked_reasons"]
    remedy = "If it is right, an approver releases it with a reason; it then is a draft again."
    return [
        {"text": reason, "remedy": remedy if reason == reasons[-1] else ""} for reason in reasons
    ]


def _timeline(document: Document) -> list[dict[str, Any]]:
    history = document["history"]
    names = {step["actor"] for step in history}
    people = dict(User.objects.filter(name__in=names).values_list("name", "full_name"))
    return [
        {
            "state": step["to_state"],
            "label": _STEPS.get(
                (step["from_state"], step["to_state"]), _REACHED.get(step["to_state"], "Changed")
            ),
            "at": datetime.fromisoformat(step["at"]),
            "actor": people.get(step["actor"]) or _SYSTEMS.get(step["actor"], step["actor"]),
            "reason": step["reason"],
            "digest": "",
        }
        for step in reversed(history)
    ]


def _neighbours(record: StaffInvoice) -> dict[str, Any] | None:
    """In the order of the inbox: the largest first."""
    ids = list(
        StaffInvoice.objects.filter(period=record.period)
        .order_by("-total", "invoice_id")
        .values_list("invoice_id", flat=True)
    )
    here = ids.index(record.invoice_id)
    return {
        "previous_id": ids[here - 1] if here else None,
        "next_id": ids[here + 1] if here + 1 < len(ids) else None,
        "position": here + 1,
        "count": len(ids),
    }
