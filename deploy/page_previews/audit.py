"""The audit log."""

from datetime import UTC, datetime
from typing import Final

from services.portal.domain.audit_words import ACTIONS, OUTCOMES, action_label
from services.portal.domain.labels import role_label
from services.portal.pages.audit import AuditPage, AuditRow, Option
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.roles import Role

# Minute, service, person, role, action, on what, reason of a refusal, count, details.
_ENTRIES: Final = (
    (58, "portal", "ines", Role.OPERATOR_ADMIN, AuditAction.EXPORTED, ("margins", ""), "", 1,
     "period 2026-10"),
    (57, "invoicing", "tomas", Role.BILLING_APPROVER, AuditAction.INVOICE_MOVED,
     ("invoice", "inv_0192f0c3d1"), "", 1, "action approve"),
    (55, "invoicing", "ines", Role.OPERATOR_ADMIN, AuditAction.INVOICE_MOVED,
     ("invoice", "inv_0192f0c3d1"), "role", 2, "action approve"),
    (52, "invoicing", "priya@acme", Role.CUSTOMER_ADMIN, AuditAction.DOCUMENT_READ,
     ("invoice", "inv_0192f0a2b7"), "", 1, ""),
    (47, "attribution", "ines", Role.OPERATOR_ADMIN, AuditAction.PERIOD_CLOSED,
     ("period", "2026-10"), "", 1, 'run run_0192f0c3, overridden ["signals_complete"]'),
    (44, "attribution", "ines", Role.OPERATOR_ADMIN, AuditAction.RULESET_APPLIED,
     # pragma: allowlist nextline secret
     ("ruleset", "9c5b7a21e0f4"), "", 1, "version 4, version before 3"),
    (31, "portal", "", "", AuditAction.SIGNED_IN, ("person", ""), "link_not_usable", 64, ""),
    (30, "portal", "operator", Role.SERVICE, AuditAction.PERSON_CHANGED, ("person", "clara"), "", 1,
     "role billing_clerk"),
)  # fmt: skip


def log() -> AuditPage:
    rows = [
        AuditRow(
            at=datetime(2026, 11, 5, 8, minute, tzinfo=UTC),
            service=service,
            actor=actor,
            role_label=role_label(role),
            action_label=action_label(action),
            object_kind=kind,
            object_id=object_id,
            is_refused=bool(reason),
            reason=reason.replace("_", " "),
            count=count,
            details=details,
            address="" if actor == "operator" else "203.0.113.24",
            request_id="4bf92f3577b34da6a3ce929d0e0e4736",
        )
        for minute, service, actor, role, action, (kind, object_id), reason, count, details in (
            _ENTRIES
        )
    ]
    return _page(rows)


def empty() -> AuditPage:
    return _page([])


def _page(rows: list[AuditRow]) -> AuditPage:
    return AuditPage(
        rows=rows,
        paging=None,
        missing=[],
        is_cut=False,
        services=[Option("", "All services"), Option("portal", "portal")],
        actions=[Option("", "All actions"), *(Option(str(k), v) for k, v in ACTIONS.items())],
        outcomes=[Option("", "Any outcome"), *(Option(str(k), v) for k, v in OUTCOMES.items())],
        service="",
        action="",
        outcome="",
        person="",
        since=None,
        until=None,
        is_filtered=False,
    )
