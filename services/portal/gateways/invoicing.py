"""Commands to the invoicing service, in the name of the person who gives them."""

from datetime import datetime
from typing import Any

import httpx
from django.conf import settings

from shared.auth.actors import Actor
from shared.auth.tokens import sign_token
from shared.contracts.invoicing import INVOICE_DRAFTED, InvoiceFact
from shared.faults import Fault

TIMEOUT_SECONDS = 10


class UnableToAct(Fault):
    """The owner of the invoice refused, or did not answer (then it may have done it)."""


def act_on_invoice(
    *, invoice_id: str, action: str, version: int, reason: str, actor: Actor, now: datetime
) -> InvoiceFact:
    """The invoice as it is afterwards; raises UnableToAct with a sentence for the person."""
    environment = settings.ENVIRONMENT
    token = sign_token(actor, audience="invoicing", now=now, key_file=environment.signing_key_file)
    try:
        answer = httpx.post(
            f"{environment.invoicing_url}/api/v1/invoices/{invoice_id}/actions/{action}",
            json={"version": version, "reason": reason},
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
        )
    except httpx.HTTPError as error:
        raise UnableToAct(
            "The invoicing service does not answer; it may have done it all the same.",
            remedy="Look at the invoice again in a minute.",
        ) from error
    if answer.status_code != httpx.codes.OK:
        raise UnableToAct(_sentence(answer))
    return INVOICE_DRAFTED.load(answer.json())


def _sentence(answer: httpx.Response) -> str:
    try:
        problem: dict[str, Any] = answer.json()
    except ValueError:
        return f"The invoicing service answered {answer.status_code}; look at the invoice again."
    return str(problem.get("detail", "It was refused; nothing was changed."))
