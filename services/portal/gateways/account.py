"""A customer's account: invoicing's, in a person's name."""

from collections.abc import Mapping
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from services.portal.gateways.invoicing import InvoiceFile, UnableToRead, read_file
from services.portal.gateways.owner import ask
from shared.auth.actors import Actor
from shared.outside.target import Unanswered

Data = Mapping[str, Any]

# Every entry of a customer's years.
_ACCOUNT_SECONDS: Final = 5


def read_account(
    *, customer: str, start: date | None, end: date | None, actor: Actor, now: datetime
) -> Data | None:
    """None where invoicing shows this person no such customer; raises UnableToRead."""
    path = f"{_path(customer)}{_days(start=start, end=end)}"
    try:
        answer = ask("invoicing", "GET", path, actor=actor, now=now, seconds=_ACCOUNT_SECONDS)
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        shown: Data = answer.result()
    except (Unanswered, ValueError, LookupError, TypeError) as error:
        raise UnableToRead(
            "The invoicing service, which has the account, does not answer.",
            remedy="Load the page again in a minute.",
        ) from error
    return shown


def read_account_file(
    *,
    customer: str,
    currency: str,
    start: date | None,
    end: date | None,
    actor: Actor,
    now: datetime,
) -> InvoiceFile | None:
    """The PDF of one currency's; None and UnableToRead as of the account."""
    asked = _days(start=start, end=end, currency=currency)
    return read_file(f"{_path(customer)}/pdf{asked}", "application/pdf", actor=actor, now=now)


def _path(customer: str) -> str:
    return f"v1/customers/{quote(customer, safe='')}/account"


def _days(**asked: date | str | None) -> str:
    given = {name: str(value) for name, value in asked.items() if value}
    return f"?{urlencode(given)}" if given else ""
