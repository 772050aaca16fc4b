"""Commands and questions to the invoicing service, in the name of the person who gives them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import httpx
from django.conf import settings

from shared.auth.actors import Actor
from shared.auth.tokens import sign_token
from shared.contracts.invoicing import INVOICE_DRAFTED, InvoiceFact
from shared.faults import Fault

TIMEOUT_SECONDS = 10
_TYPES: Final = {"pdf": "application/pdf", "picture": "image/png"}


class UnableToAct(Fault):
    """The owner of the invoice refused, or did not answer (then it may have done it)."""


class UnableToRead(Fault):
    """The owner of the invoice gave no document; nothing is known about why but its sentence."""


@dataclass(frozen=True)
class InvoiceFile:
    content: bytes
    content_type: str


def act_on_invoice(
    *, invoice_id: str, action: str, version: int, reason: str, actor: Actor, now: datetime
) -> InvoiceFact:
    """The invoice as it is afterwards; raises UnableToAct with a sentence for the person."""
    try:
        answer = httpx.post(
            _address(f"invoices/{invoice_id}/actions/{action}"),
            json={"version": version, "reason": reason},
            headers=_headers(actor, now),
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


def read_invoice_file(
    *, invoice_id: str, kind: Literal["pdf", "picture"], actor: Actor, now: datetime
) -> InvoiceFile | None:
    """None where invoicing shows this person no such invoice; raises UnableToRead."""
    try:
        answer = httpx.get(
            _address(f"invoices/{invoice_id}/{kind}"),
            headers=_headers(actor, now),
            timeout=TIMEOUT_SECONDS,
        )
    except httpx.HTTPError as error:
        raise UnableToRead("The invoicing service does not answer.") from error
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    content_type = answer.headers.get("Content-Type", "")
    if answer.status_code != httpx.codes.OK or content_type != _TYPES[kind]:
        raise UnableToRead(f"The invoicing service answered {answer.status_code}.")
    return InvoiceFile(answer.content, content_type)


def _address(path: str) -> str:
    return f"{settings.ENVIRONMENT.invoicing_url}/api/v1/{path}"


def _headers(actor: Actor, now: datetime) -> dict[str, str]:
    key_file = settings.ENVIRONMENT.signing_key_file
    token = sign_token(actor, audience="invoicing", now=now, key_file=key_file)
    return {"Authorization": f"Bearer {token}"}


def _sentence(answer: httpx.Response) -> str:
    try:
        problem: dict[str, Any] = answer.json()
    except ValueError:
        return f"The invoicing service answered {answer.status_code}; look at the invoice again."
    return str(problem.get("detail", "It was refused; nothing was changed."))
