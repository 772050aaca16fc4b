"""What can be done about an invoice, and doing it: invoicing's, in a person's name."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from services.portal.gateways.invoicing import (
    ACTION_SECONDS,
    UnableToAct,
    UnableToRead,
    not_done,
    refused_text,
)
from services.portal.gateways.owner import ask
from shared.auth.actors import Actor
from shared.outside.target import Unanswered

Data = Mapping[str, Any]
Amounts = Mapping[int, Decimal]

# What each route comes to is priced anew for the account of its month.
_FIXES_SECONDS: Final = 5
_CHANGED: Final = "The invoice has changed since you looked. Look at it again."


def read_fixes(*, invoice_id: str, amounts: Amounts, actor: Actor, now: datetime) -> Data | None:
    """With what giving `amounts`, by line, comes to; None where there is no such invoice.

    Raises UnableToRead.
    """
    lines = ",".join(f"{position}:{amount}" for position, amount in amounts.items())
    path = f"{_path(invoice_id)}?lines={lines}"
    try:
        answer = ask("invoicing", "GET", path, actor=actor, now=now, seconds=_FIXES_SECONDS)
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        shown: Data = answer.result()
    except (Unanswered, ValueError, LookupError, TypeError) as error:
        raise UnableToRead(
            "The invoicing service, which knows what can be done, does not answer.",
            remedy="Load the page again in a minute.",
        ) from error
    return shown


def take_fix(
    *,
    invoice_id: str,
    route: str,
    version: int,
    amounts: Amounts,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Raises UnableToAct with a sentence for the person."""
    body = {
        "route": route,
        "version": version,
        "reason": reason,
        "lines": [
            {"position": position, "amount": str(amount)} for position, amount in amounts.items()
        ],
    }
    try:
        answer = ask(
            "invoicing",
            "POST",
            _path(invoice_id),
            actor=actor,
            now=now,
            seconds=ACTION_SECONDS,
            body=body,
        )
    except Unanswered as error:
        raise not_done(error, look="Look below whether it is there.") from error
    if not answer.is_ok:
        raise UnableToAct(refused_text(answer, changed=_CHANGED))


def _path(invoice_id: str) -> str:
    return f"v1/invoices/{quote(invoice_id, safe='')}/fixes"
