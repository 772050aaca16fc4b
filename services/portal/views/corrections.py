"""The corrections of a month: what they are, their approval, and what is done to one."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from services.portal.domain.correction_actions import IRREVERSIBLE, NOTE_ACTIONS
from services.portal.domain.correction_words import waits_for
from services.portal.gateways.corrections import (
    CorrectionChanged,
    MonthsCorrections,
    act_on_note,
    approve_corrections,
    read_corrections,
    release_debit,
)
from services.portal.gateways.invoicing import UnableToAct, UnableToRead
from services.portal.pages.corrections import CorrectionRow, CorrectionsPage
from services.portal.queries.calendar import read_calendar
from services.portal.queries.corrections_page import Asked, correction_rows, corrections_page
from services.portal.templatetags.portal_format import rounded
from services.portal.views.access import actor_of, for_roles
from services.portal.views.asked import asked_page, asked_reason, whole_number
from services.portal.views.csv_file import csv_answer, write_csv
from services.portal.views.errors import unanswered
from services.portal.views.show import see_other, show
from shared.audit.declared import READ, Audited, NotAudited
from shared.audit.door import note
from shared.faults import Fault
from shared.money import Money
from shared.periods import Month
from shared.runtime.business_time import business_now
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.roles import APPROVERS, BILLING, STAFF

CSV_HEADER: Final = (
    *("period", "customer", "invoice", "cause", "currency", "before", "after", "difference"),
    *("state", "documents", "carried", "carried_why", "waived", "waived_why", "waits_for"),
)
_OWNERS: Final = NotAudited("the corrections' owner writes it down, with where it was asked from")
_UNCONFIRMED: Final = "It can't be taken back. Confirm that you have looked at the amounts."
_INCOMPLETE: Final = "The form came incomplete. Load the page again."


@for_roles(*STAFF, audit=READ)
@require_safe
def corrections(request: HttpRequest, period: str) -> HttpResponse:
    page = _read(request, _month(period))
    return show(request, replace(page, approved=whole_number(request.GET.get("done", ""))))


@for_roles(*STAFF, audit=Audited(AuditAction.EXPORTED, "corrections"))
@require_safe
def corrections_csv(request: HttpRequest, period: str) -> HttpResponse:
    """All rows of the month, whatever is filtered."""
    month = _month(period)
    note(request, details={"period": str(month)})
    try:
        given = _given(request, month)
    except UnableToRead as fault:
        return unanswered(str(fault))
    rows = correction_rows(given, actor_of(request))
    content = write_csv(CSV_HEADER, (_cells(month, row) for row in rows))
    return csv_answer(content, f"trueback_corrections_{month}")


@for_roles(*APPROVERS, audit=_OWNERS)
@require_POST
def approve_close(request: HttpRequest, period: str) -> HttpResponse:
    """All that waits of the close that the person has seen."""
    month = _month(period)
    close = whole_number(request.POST.get("close", ""))
    reason = asked_reason(request)
    if close is None:
        return _refused(request, month, _INCOMPLETE)
    if request.POST.get("confirmed") != "yes":
        return _refused(request, month, _UNCONFIRMED)
    if request.POST.get("braked") == "yes" and not reason:
        return _refused(request, month, "It needs a reason.")
    try:
        approved = approve_corrections(
            period=str(month),
            close=close,
            reason=reason,
            actor=actor_of(request),
            now=datetime.now(UTC),
        )
    except CorrectionChanged:
        return _closed_again(request, month, close)
    except UnableToAct as refused:
        return _refused(request, month, str(refused))
    return see_other(f"{_address(month)}?{urlencode({'done': approved.count})}")


@for_roles(*BILLING, audit=_OWNERS)
@require_POST
def note_action(request: HttpRequest, period: str, id: str, action: str) -> HttpResponse:  # noqa: A002
    month = _month(period)
    if action not in NOTE_ACTIONS:
        raise Http404
    version = whole_number(request.POST.get("version", ""))
    if version is None:
        return _refused(request, month, _INCOMPLETE)
    if action in IRREVERSIBLE and request.POST.get("confirmed") != "yes":
        return _refused(request, month, _UNCONFIRMED)
    is_debit = request.POST.get("debit") == "yes"
    act: Callable[..., None] = (
        partial(release_debit, debit_id=id)
        if is_debit
        else partial(act_on_note, note_id=id, action=action)
    )
    try:
        act(
            version=version,
            reason=asked_reason(request),
            actor=actor_of(request),
            now=datetime.now(UTC),
        )
    except CorrectionChanged:
        return _refused(request, month, _note_changed(request, month, id))
    except UnableToAct as refused:
        return _refused(request, month, str(refused))
    kept = {
        name: request.GET[name] for name in ("view", "q", "sort", "page") if name in request.GET
    }
    opened = request.POST.get("account", "")
    address = f"{_address(month)}?{urlencode({**kept, 'opened': opened})}"
    return see_other(f"{address}#account-{opened}")


def _given(request: HttpRequest, month: Month) -> MonthsCorrections:
    return read_corrections(period=str(month), actor=actor_of(request), now=datetime.now(UTC))


def _read(request: HttpRequest, month: Month) -> CorrectionsPage:
    state = read_calendar(business_now()).state_of(month)
    address = _address(month)
    try:
        given = _given(request, month)
    except UnableToRead as fault:
        return CorrectionsPage(
            period=month, period_state=state, close=None, address=address, silent=str(fault)
        )
    asked = Asked(
        view=request.GET.get("view", ""),
        sort=request.GET.get("sort", ""),
        q=request.GET.get("q", ""),
        page=asked_page(request),
        address=address,
        opened=request.POST.get("account", "") or request.GET.get("opened", ""),
    )
    return corrections_page(month, state, given, actor_of(request), asked)


def _refused(request: HttpRequest, month: Month, problem: str) -> HttpResponse:
    page = replace(_read(request, month), problem=problem)
    return show(request, page, status=HTTPStatus.CONFLICT)


def _closed_again(request: HttpRequest, month: Month, seen: int) -> HttpResponse:
    """Another close is current: what it makes, against what the person has looked at."""
    page = _read(request, month)
    if page.close is None:
        problem = f"{month.start:%B} has changed since you looked."
    else:
        before = _counts(request.POST.get("credits", ""), request.POST.get("debits", ""))
        now = _counts(str(page.credits.count), str(page.debits.count))
        problem = (
            f"{month.start:%B} was closed again since you looked, by close {page.close.number}"
            f" ({page.close.causes}). Close {seen} had {before}; now there are {now}, below."
        )
    return show(request, replace(page, problem=problem), status=HTTPStatus.CONFLICT)


def _counts(credit_count: str, debit_count: str) -> str:
    credits_made, debits_made = whole_number(credit_count), whole_number(debit_count)
    return f"{_many(credits_made or 0, 'credit')} and {_many(debits_made or 0, 'debit')}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _note_changed(request: HttpRequest, month: Month, note_id: str) -> str:
    """What has become of it."""
    try:
        given = _given(request, month)
    except UnableToRead:
        return "The credit note has changed since you looked."
    documents = [one for account in given.accounts for one in account["documents"]]
    note = next((one for one in documents if one["document"] == note_id), None)
    if note is None:
        number = f" by close {given.close['number']}" if given.close is not None else ""
        return (
            "The credit note is not there any more: what is right for the account is made anew"
            f"{number}."
        )
    waits = waits_for(note)
    return (
        f"Somebody has changed the credit note of {note['corrects']} since you looked"
        f"{f', and it waits for {waits}' if waits else ''}. Look at it again."
    )


def _address(month: Month) -> str:
    return reverse("portal:corrections", args=[str(month)])


def _month(period: str) -> Month:
    try:
        return Month.parse(period)
    except Fault as error:
        raise Http404(str(error)) from error


def _cells(month: Month, row: CorrectionRow) -> tuple[str | Decimal | None, ...]:
    return (
        *(str(month), row.customer.name, row.invoice, row.cause, row.difference.currency),
        *(_amount(row.before), _amount(row.after), _amount(row.difference), row.state),
        " ".join(one.number or one.id for one in row.documents),
        *(_amount(row.carried), row.carried_why, _amount(row.waived), row.waived_why),
        _joined(one.waits_for for one in row.documents),
    )


def _joined(words: Iterable[str]) -> str:
    return ", ".join(filter(None, words))


def _amount(money: Money | None) -> Decimal | None:
    return None if money is None else rounded(money.amount, money.currency)
