"""Commands and questions to the invoicing service, in the name of the person who gives them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

import httpx

from services.portal.domain.invoice_words import refusal_words, term_words
from services.portal.gateways.owner import ask, reason_of, refusal_of
from shared.auth.actors import Actor
from shared.contracts.invoicing import INVOICE_DRAFTED, InvoiceFact
from shared.faults import Fault
from shared.money import Money

# An action is one transaction, a document is set in well under a second.
TIMEOUT_SECONDS = 10
# A page goes on without knowing whether anything can be issued.
ISSUING_SECONDS = 2
_TYPES: Final = {"pdf": "application/pdf", "picture": "image/png"}


class UnableToAct(Fault):
    """The owner of the invoice refused, or did not answer (then it may have done it)."""


class UnableToRead(Fault):
    """Invoicing gave no document or no prices; nothing is known about why but its sentence."""


@dataclass(frozen=True)
class InvoiceFile:
    content: bytes
    content_type: str


def act_on_invoice(
    *, invoice_id: str, action: str, version: int, reason: str, actor: Actor, now: datetime
) -> InvoiceFact:
    """The invoice as it is afterwards; raises UnableToAct with a sentence for the person."""
    try:
        answer = ask(
            "invoicing",
            "POST",
            f"v2/invoices/{invoice_id}/actions/{action}",
            actor=actor,
            now=now,
            timeout_seconds=TIMEOUT_SECONDS,
            body={"version": version, "reason": reason},
        )
    except httpx.HTTPError as error:
        raise UnableToAct(
            "The invoicing service does not answer; it may have done it all the same.",
            remedy="Look at the invoice again in a minute.",
        ) from error
    if answer.status_code != httpx.codes.OK:
        raise UnableToAct(_refusal(answer))
    try:
        return INVOICE_DRAFTED.load(answer.json())
    except ValueError as error:
        raise UnableToAct(
            "The invoicing service has done it, and answered in another form than is known here.",
            remedy="The invoice follows within a minute.",
        ) from error


def _refusal(answer: httpx.Response) -> str:
    reason = reason_of(answer)
    if reason.get("code") == "changed":
        return "Somebody has changed the invoice since you looked. Look at it again."
    try:
        return refusal_words(reason)
    except (LookupError, TypeError):
        return refusal_of("invoicing", answer)


def read_issue_refusal(*, actor: Actor, now: datetime) -> str:
    """Why nothing can be issued, in a sentence; empty where it can, or where nobody answers."""
    try:
        answer = ask(
            "invoicing",
            "GET",
            "v1/issuing",
            actor=actor,
            now=now,
            timeout_seconds=ISSUING_SECONDS,
        )
        answer.raise_for_status()
        refused = answer.json()["refused"]
        return refusal_words(refused) if refused else ""
    except (httpx.HTTPError, ValueError, LookupError, TypeError):
        return ""


def read_invoice_file(
    *, invoice_id: str, kind: Literal["pdf", "picture"], actor: Actor, now: datetime
) -> InvoiceFile | None:
    """None where invoicing shows this person no such invoice; raises UnableToRead."""
    try:
        answer = ask(
            "invoicing",
            "GET",
            f"v1/invoices/{invoice_id}/{kind}",
            actor=actor,
            now=now,
            timeout_seconds=TIMEOUT_SECONDS,
        )
    except httpx.HTTPError as error:
        raise UnableToRead("The invoicing service does not answer.") from error
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    content_type = answer.headers.get("Content-Type", "")
    if answer.status_code != httpx.codes.OK or content_type != _TYPES[kind]:
        raise UnableToRead(f"The invoicing service answered {answer.status_code}.")
    return InvoiceFile(answer.content, content_type)


@dataclass(frozen=True)
class PlanPrice:
    """`total` is for the whole month, before tax."""

    plan: str
    name: str
    terms: Sequence[str]
    total: Money
    is_current: bool


def check_prices(
    *,
    tenant: str,
    period: str,
    currency: str,
    costs: Mapping[str, Decimal],
    actor: Actor,
    now: datetime,
) -> list[PlanPrice]:
    """`costs` is charge group -> exact cost, in the bill's currency; raises UnableToRead."""
    body = {
        "tenant": tenant,
        "period": period,
        "currency": currency,
        "costs": {group: str(cost) for group, cost in costs.items()},
    }
    try:
        answer = ask(
            "invoicing",
            "POST",
            "v2/price-checks",
            actor=actor,
            now=now,
            timeout_seconds=TIMEOUT_SECONDS,
            body=body,
        )
        if answer.status_code == httpx.codes.CONFLICT:
            raise UnableToRead(_no_prices(tenant, answer))
        answer.raise_for_status()
        return [_plan_price(row) for row in answer.json()["data"]]
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        raise UnableToRead(
            "The invoicing service, which knows the plans, does not answer.",
            remedy="Load the page again in a minute.",
        ) from error


def _no_prices(tenant: str, answer: httpx.Response) -> str:
    reason = reason_of(answer)
    if reason.get("code") != "contract_in_another_currency":
        return refusal_of("invoicing", answer)
    return (
        f"The contract of {tenant} is in {reason['contract_currency']}, the cost in"
        f" {reason['cost_currency']}. Only a contract in the bill's currency can be compared."
    )


def _plan_price(row: Mapping[str, Any]) -> PlanPrice:
    return PlanPrice(
        plan=row["plan"],
        name=row["name"],
        terms=tuple(term_words(term, row["currency"]) for term in row["terms"]),
        total=Money(Decimal(row["total"]), row["currency"]),
        is_current=row["is_current"],
    )
