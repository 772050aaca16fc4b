"""Writing entries of the audit log."""

from collections.abc import Mapping
from typing import Any, Final

from django.apps import apps
from django.conf import settings

from shared.audit.origin import current_origin
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from shared.vocabulary.audit import AuditAction, AuditOutcome

_LENGTHS: Final = {"actor": 100, "object_id": 200, "reason": 60}


def audit_entries() -> Any:
    return apps.get_model(settings.SERVICE_NAME, "Audit")


def write_entry(
    action: AuditAction,
    *,
    actor: Actor | None,
    kind: str = "",
    object_id: str = "",
    outcome: AuditOutcome = AuditOutcome.DONE,
    reason: str = "",
    count: int = 1,
    details: Mapping[str, Any] | None = None,
    address: str | None = None,
) -> None:
    """In the staff's transaction around it, where there is one: done and written, or neither.

    In a customer's request it is a transaction of its own, since no customer's login may write
    here. Texts that a stranger chooses are cut. `actor` of None: nobody who is known.
    """
    origin = current_origin()
    texts = {"actor": actor.name if actor else "", "object_id": object_id, "reason": reason}
    with as_ops():
        audit_entries().objects.create(
            action=action,
            role=actor.role if actor else "",
            object_kind=kind,
            outcome=outcome,
            count=count,
            details=dict(details or {}),
            address=origin.address if address is None else address,
            request_id=origin.request_id,
            **{name: text[: _LENGTHS[name]] for name, text in texts.items()},
        )
