from datetime import datetime
from typing import Any

from services.invoicing.models import CreditNote, Invoice, TrueUpAccount
from services.invoicing.operations.seal_documents import seal_step
from shared.contracts.invoicing import CAUSE, Cause
from shared.contracts.superseded.invoice_words import written_cause
from shared.vocabulary.account_states import AccountState
from shared.vocabulary.invoice_states import State


def log_step(
    transitions: Any,
    document: Invoice | CreditNote | TrueUpAccount,
    before: State | AccountState | None,
    *,
    actor: str,
    cause: Cause,
    now: datetime,
) -> None:
    """Seal a step in the log of a document; `before` is None for a new one."""
    last = transitions.order_by("-sequence").values_list("sequence", flat=True).first()
    seal_step(
        transitions.create(
            customer_id=document.customer_id,
            sequence=(last or 0) + 1,
            from_state=before.value if before else "",
            to_state=document.state,
            actor=actor,
            reason=written_cause(cause),
            cause=CAUSE.dump_python(cause, mode="json"),
            at=now,
        )
    )
