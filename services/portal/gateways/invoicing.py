"""Commands and questions to the invoicing service, in the name of the person who gives them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final, Literal

from services.portal.domain.invoice_words import refusal_words, term_words
from services.portal.gateways.owner import ask, reason_of, refusal_of
from shared.auth.actors import Actor
from shared.contracts.invoicing import INVOICE_DRAFTED, InvoiceFact
from shared.faults import Fault
from shared.money import Money
from shared.outside.http import Reply
from shared.outside.target import Unanswered

# An action is one transaction.
ACTION_SECONDS: Final = 10
# A document is set in well under a second, the first of a process in two.
FILE_SECONDS: Final = 5
# Every plan for every charge group of a month.
PRICES_SECONDS: Final = 5
_CHANGED: Final = "Somebody has changed the invoice since you looked. Look at it again."
_TYPES: Final = {"pdf": "application/pdf", "picture": "image/png"}


class UnableToAct(Fault):
    """The owner of the invoice refused, or did not answer (then it may have done it)."""


class UnableToRead(Fault):
    """Invoicing gave no document or no prices; nothing is known about why but its sentence."""


@dataclass(frozen=True)
class InvoiceFile:
    content: bytes
    content_type: str


def not_done(error: Unanswered, *, look: str) -> UnableToAct:
    """`look` is what to do where it may have been done."""
    if not error.was_asked:
        return UnableToAct(
            "The invoicing service does not answer, so nothing was done.",
            remedy="Try again in a minute.",
        )
    return UnableToAct(
        "The invoicing service does not answer; it may have done it all the same.", remedy=look
    )


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
            seconds=ACTION_SECONDS,
            body={"version": version, "reason": reason},
        )
    except Unanswered as error:
        raise not_done(error, look="Look at the invoice again in a minute.") from error
    if not answer.is_ok:
        raise UnableToAct(refused_text(answer, changed=_CHANGED))
    try:
        return INVOICE_DRAFTED.load(answer.json())
    except ValueError as error:
        raise UnableToAct(
            "The invoicing service has done it, and answered in another form than is known here.",
            remedy="The invoice follows within a minute.",
        ) from error


def refused_text(answer: Reply, *, changed: str) -> str:
    """Why nothing was done, for the person; `changed` where it is not what he has looked at."""
    reason = reason_of(answer)
    if reason.get("code") == "changed":
        return changed
    try:
        return refusal_words(reason)
    except (LookupError, TypeError):
        return refusal_of("invoicing", answer)


@dataclass(frozen=True)
class Issuing:
    """`refused` says why nothing can be issued, `problem` why that is not known; else empty."""

    refused: str = ""
    problem: str = ""


def read_issuing(*, actor: Actor, now: datetime) -> Issuing:
    try:
        answer = ask("invoicing", "GET", "v1/issuing", actor=actor, now=now)
        refused = answer.result()["refused"]
        return Issuing(refused=refusal_words(refused) if refused else "")
    except (Unanswered, ValueError, LookupError, TypeError):
        return Issuing(
            problem="The invoicing service does not answer, so whether invoices can be issued now"
            " is not known. All else on this page is as it was told last."
        )


def read_invoice_file(
    *, invoice_id: str, kind: Literal["pdf", "picture"], actor: Actor, now: datetime
) -> InvoiceFile | None:
    """None where invoicing shows this person no such invoice; raises UnableToRead."""
    return read_file(f"v1/invoices/{invoice_id}/{kind}", _TYPES[kind], actor=actor, now=now)


def read_note_file(*, note_id: str, actor: Actor, now: datetime) -> InvoiceFile | None:
    """The PDF of a credit note; None and UnableToRead as of an invoice."""
    return read_file(f"v1/credit-notes/{note_id}/pdf", _TYPES["pdf"], actor=actor, now=now)


def read_file(path: str, type_: str, *, actor: Actor, now: datetime) -> InvoiceFile | None:
    try:
        answer = ask("invoicing", "GET", path, actor=actor, now=now, seconds=FILE_SECONDS)
    except Unanswered as error:
        raise UnableToRead("The invoicing service does not answer.") from error
    if answer.status == HTTPStatus.NOT_FOUND:
        return None
    if not answer.is_ok or answer.content_type != type_:
        raise UnableToRead(f"The invoicing service answered {answer.status}.")
    return InvoiceFile(answer.content, answer.content_type)


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
            seconds=PRICES_SECONDS,
            body=body,
        )
        if answer.status == HTTPStatus.CONFLICT:
            raise UnableToRead(_no_prices(tenant, answer))
        return [_plan_price(row) for row in answer.result()["data"]]
    except (Unanswered, ValueError, LookupError, TypeError) as error:
        raise UnableToRead(
            "The invoicing service, which knows the plans, does not answer.",
            remedy="Load the page again in a minute.",
        ) from error


def _no_prices(tenant: str, answer: Reply) -> str:
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
