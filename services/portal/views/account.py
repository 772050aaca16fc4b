"""A customer's account, for itself and for staff: a page, a CSV, a PDF."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from services.portal.gateways.account import Data, read_account, read_account_file
from services.portal.gateways.invoicing import UnableToRead
from services.portal.models import CustomerAccount
from services.portal.pages.account import AccountDays, AccountEntry, AccountPage
from services.portal.pages.page import CustomerName
from services.portal.queries.account_page import currency_accounts
from services.portal.templatetags.portal_format import rounded
from services.portal.views.access import actor_of, for_roles
from services.portal.views.csv_file import csv_answer, write_csv
from services.portal.views.documents import file_answer
from services.portal.views.errors import unanswered
from services.portal.views.show import show
from shared.audit.declared import READ, Audited, NotAudited
from shared.audit.door import note
from shared.money import Money
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.roles import CUSTOMERS, STAFF

CSV_HEADER: Final = ("date", "what", "period", "currency", "amount", "balance")
_OWNERS: Final = NotAudited("the document's owner writes it down, with where it was asked from")


@for_roles(*CUSTOMERS, audit=READ)
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    return _page(request, _own(request), is_staff=False)


@for_roles(*CUSTOMERS, audit=Audited(AuditAction.EXPORTED, "account"))
@require_safe
def account_csv(request: HttpRequest) -> HttpResponse:
    return _csv(request, _own(request))


@for_roles(*CUSTOMERS, audit=_OWNERS)
@require_safe
def account_pdf(request: HttpRequest) -> HttpResponse:
    return _pdf(request, _own(request))


@for_roles(*STAFF, audit=READ)
@require_safe
def customer_account(request: HttpRequest, key: str) -> HttpResponse:
    return _page(request, _known(key), is_staff=True)


@for_roles(*STAFF, audit=Audited(AuditAction.EXPORTED, "account"))
@require_safe
def customer_account_csv(request: HttpRequest, key: str) -> HttpResponse:
    return _csv(request, _known(key))


@for_roles(*STAFF, audit=_OWNERS)
@require_safe
def customer_account_pdf(request: HttpRequest, key: str) -> HttpResponse:
    return _pdf(request, _known(key))


@dataclass(frozen=True)
class _Customer:
    key: str
    name: str


def _own(request: HttpRequest) -> _Customer:
    """Whose the person is; row-level security finds no other, here and at invoicing."""
    key = actor_of(request).customer
    known = CustomerAccount.objects.filter(customer_id=key).first()
    return _Customer(key, known.name if known is not None else "Your account")


def _known(key: str) -> _Customer:
    known = CustomerAccount.objects.filter(customer_id=key).first()
    if known is None:
        raise Http404
    return _Customer(known.customer_id, known.name)


def _page(request: HttpRequest, customer: _Customer, *, is_staff: bool) -> HttpResponse:
    days = _asked_days(request)
    asked = {name: request.GET[name] for name in ("from", "to") if request.GET.get(name)}
    page = partial(
        AccountPage,
        customer=CustomerName(customer.name),
        customer_key=customer.key if is_staff else "",
        is_staff=is_staff,
        days=days,
        asked=f"?{urlencode(asked)}" if asked and not days.problem else "",
    )
    try:
        given = _read(request, customer, days)
    except UnableToRead as fault:
        return show(request, page(silent=str(fault)))
    if given is None:
        raise Http404
    return show(request, page(accounts=currency_accounts(given["data"])))


def _csv(request: HttpRequest, customer: _Customer) -> HttpResponse:
    note(request, details={"customer": customer.key})
    try:
        given = _read(request, customer, _asked_days(request))
    except UnableToRead as fault:
        return unanswered(str(fault))
    if given is None:
        raise Http404
    rows = [
        (one.currency, entry) for one in currency_accounts(given["data"]) for entry in one.entries
    ]
    content = write_csv(CSV_HEADER, (_cells(currency, entry) for currency, entry in rows))
    return csv_answer(content, f"account_{customer.key}")


def _pdf(request: HttpRequest, customer: _Customer) -> HttpResponse:
    days, currency = _asked_days(request), request.GET.get("currency", "")[:3]
    read = partial(
        read_account_file,
        customer=customer.key,
        currency=currency if currency.isalpha() and currency.isupper() else "",
        start=days.first,
        end=_after(days.last),
    )
    name = f"statement-{customer.key}-{days.last or 'today'}"
    return file_answer(request, read, what=f"the statement of {customer.key}", name=name)


def _read(request: HttpRequest, customer: _Customer, days: AccountDays) -> Data | None:
    return read_account(
        customer=customer.key,
        start=days.first,
        end=_after(days.last),
        actor=actor_of(request),
        now=datetime.now(UTC),
    )


def _after(last: date | None) -> date | None:
    """The first day that doesn't count."""
    return last + timedelta(days=1) if last is not None else None


def _asked_days(request: HttpRequest) -> AccountDays:
    """`?from=` and `?to=`; what is no day, or ends before it begins, is the whole with a word."""
    try:
        first, last = (_day(request.GET.get(name, "")) for name in ("from", "to"))
        _after(last)
    except (ValueError, OverflowError):  # the last day that there is has none after it
        return AccountDays(problem="Write days such as 2026-11-30. All of the account is below.")
    if first and last and last < first:
        return AccountDays(problem="It ends before it begins. All of the account is below.")
    return AccountDays(first, last)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _cells(currency: str, entry: AccountEntry) -> tuple[str | Decimal, ...]:
    period = str(entry.month) if entry.month is not None else ""
    amounts = (_amount(entry.amount), _amount(entry.balance))
    return (f"{entry.at:%Y-%m-%d}", entry.what, period, currency, *amounts)


def _amount(money: Money) -> Decimal:
    return rounded(money.amount, money.currency)
